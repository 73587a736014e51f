/** The id in `https://discord.com/api/webhooks/<id>/<token>`; `undefined` when the URL is no such one. */
export function webhookIdOf(url: string): string | undefined {
  return /\/webhooks\/(\d{17,20})\/[\w-]{1,200}(?:[/?]|$)/.exec(url)?.[1];
}
