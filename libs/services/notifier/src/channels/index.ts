import { apprise } from './apprise/apprise.ts';
import { discord } from './discord/discord.ts';
import { email } from './email/email.ts';
import { gotify } from './gotify/gotify.ts';
import { homeassistant } from './homeassistant/homeassistant.ts';
import { matrix } from './matrix/matrix.ts';
import { n8n } from './n8n/n8n.ts';
import { ntfy } from './ntfy/ntfy.ts';
import { slack } from './slack/slack.ts';
import { telegram } from './telegram/telegram.ts';
import { webhook } from './webhook/webhook.ts';

/** Every channel there is. Adding one is a folder and a line here. */
export const CHANNELS = [
  gotify,
  discord,
  ntfy,
  email,
  webhook,
  homeassistant,
  telegram,
  slack,
  matrix,
  n8n,
  apprise,
] as const;
