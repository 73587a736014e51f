import { discord } from './discord/discord.ts';
import { email } from './email/email.ts';
import { gotify } from './gotify/gotify.ts';
import { ntfy } from './ntfy/ntfy.ts';
import { webhook } from './webhook/webhook.ts';

/** Every channel there is. Adding one is a folder and a line here. */
export const CHANNELS = [gotify, discord, ntfy, email, webhook] as const;
