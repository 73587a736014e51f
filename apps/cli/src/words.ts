import * as z from 'zod';

/** A text of the gateway: ours as it is, a stranger's out of its wrapping `{untrusted, text}`. Make it harmless before it is printed. */
export const Words = z.union([z.string(), z.looseObject({ text: z.string() }).transform(({ text }) => text)]);
