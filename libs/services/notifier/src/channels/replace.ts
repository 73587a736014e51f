import { ChannelError, type Earlier, type Sent } from './channel.ts';

/** The two ways to tell a channel that can change what it showed. */
export interface Ways {
  readonly send: () => Promise<Sent>;
  readonly edit: (remoteId: string) => Promise<Sent>;
  /** Reasons of refused edits that say the earlier message is gone or fixed. */
  readonly gone: readonly string[];
}

/** Puts a notification in the place of the earlier one, or sends it anew where there is none any more. */
export async function replaceOrSend(earlier: Earlier | undefined, ways: Ways): Promise<Sent> {
  if (earlier === undefined) return ways.send();
  try {
    return await ways.edit(earlier.remoteId);
  } catch (error) {
    if (error instanceof ChannelError && ways.gone.includes(error.reason)) return ways.send();
    throw error;
  }
}
