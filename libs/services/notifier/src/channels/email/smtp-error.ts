import { ChannelError } from '../channel.ts';

/** What nodemailer puts on its errors. Never its message: it repeats what the server said. */
interface SmtpFailure {
  readonly code?: unknown;
  /** Of the server's reply, where it came to one. */
  readonly responseCode?: unknown;
  /** The command that was answered so. */
  readonly command?: unknown;
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  EABORT: 'timeout',
  ETIMEDOUT: 'timeout',
  EDNS: 'dns',
  ETLS: 'tls',
  ECONNECTION: 'reset',
};
/** Commands about the message itself; an answer to any other one is about us or about the server. */
const ABOUT_MESSAGE = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

/** Reads what a failed sending means: 4yz is for now, 5yz for good (RFC 5321 §4.2.1), a refused login is for the operator to mend. */
export function smtpError(error: unknown): ChannelError {
  const { code, responseCode, command }: SmtpFailure =
    typeof error === 'object' && error !== null ? error : {};
  const word = typeof code === 'string' ? code : '';
  const isLogin = word === 'EAUTH' || word === 'ENOAUTH' || responseCode === 530 || responseCode === 535;
  if (isLogin) return failure('login', true);
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    const isForGood = responseCode >= 500 && typeof command === 'string' && ABOUT_MESSAGE.has(command);
    return failure(`smtp-${responseCode}`, !isForGood);
  }
  return failure(NETWORK_REASONS[word] ?? 'network', true);
}

function failure(reason: string, retryable: boolean): ChannelError {
  return new ChannelError({ retryable, reason, message: `sending mail: ${reason}` });
}
