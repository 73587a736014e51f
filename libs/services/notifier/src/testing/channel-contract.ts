import { Agent } from 'undici';
import * as z from 'zod';
import { type Channel, type ChannelDefinition, ChannelError } from '../channels/channel.ts';
import { type FarAnswer, type FarEnd, type FarRequest, openFarEnd } from './far-end.ts';
import { sampleNotification } from './samples.ts';

/** What a channel's own test tells the contract suite. */
export interface ChannelCase<S extends z.ZodRawShape> {
  readonly definition: ChannelDefinition<S>;
  /** Settings, as variables, that point the channel at the far end and give it every secret it can have. */
  env(farEnd: string): Readonly<Record<string, string>>;
  /** Texts that must never appear in an error: tokens, secret URLs or their secret parts. */
  readonly secrets: readonly string[];
  /** A success as the real service answers it, and the id of the message in it. */
  readonly accepted: FarAnswer;
  readonly remoteId: string | undefined;
  /** Requests that one notification takes; default 1. */
  readonly requestsPerSend?: number;
  /** Start of the `content-type`; default `application/json`. */
  readonly contentType?: string;
  /** Statuses this service means differently from the rest. */
  readonly retryable?: Readonly<Record<number, boolean>>;
  /** Throws when a request breaks a limit of the service. */
  checkLimits(body: string, request: FarRequest): void;
}

/** Status code ⇒ whether the same message can be accepted later. */
const RETRYABLE: Readonly<Record<number, boolean>> = {
  302: true,
  400: false,
  401: true,
  403: true,
  404: true,
  408: true,
  413: false,
  422: false,
  425: true,
  429: true,
  500: true,
  502: true,
  503: true,
  504: true,
  507: true,
};
const NOW = Date.parse('2026-03-14T01:07:40.000Z');

/** What the settings of every channel must keep, also of one that speaks something else than HTTP. */
export function describeChannelSettings<S extends z.ZodRawShape>(
  definition: ChannelDefinition<S>,
  env: Readonly<Record<string, string>>,
): void {
  describe(`${definition.name} keeps the contract of settings`, () => {
    it('is complete with these settings, and names every key it misses without them', () => {
      const schema = z.object(definition.config);
      expect(definition.faults(schema.parse(env))).toEqual([]);
      const missing = definition.faults(schema.parse({}));
      expect(missing.length).toBeGreaterThan(0);
      for (const fault of missing) expect(Object.keys(definition.config)).toContain(fault.key);
      expect(Object.keys(definition.config)).toContain(definition.switchKey);
    });

    it('describes every setting', () => {
      for (const field of Object.values(definition.config)) {
        expect(z.globalRegistry.get(field as z.ZodType)?.description).toMatch(/\.$/);
      }
    });
  });
}

/** What every channel must keep; called by the channel's own test file. */
export function describeChannel<S extends z.ZodRawShape>(subject: ChannelCase<S>): void {
  const { definition } = subject;
  describeChannelSettings(definition, subject.env('http://127.0.0.1:1'));
  describe(`${definition.name} keeps the channel contract`, () => {
    let far: FarEnd;
    let agent: Agent;
    let channel: Channel;
    beforeEach(async () => {
      far = await openFarEnd();
      agent = new Agent();
      channel = open(far.url);
    });
    afterEach(async () => {
      await agent.destroy();
      await far.close();
    });

    function open(url: string): Channel {
      const config = z.object(definition.config).parse(subject.env(url));
      return definition.create(config, { dispatcher: agent, now: () => NOW });
    }
    async function refusal(change = {}, signal = AbortSignal.timeout(5_000)): Promise<ChannelError> {
      try {
        await channel.send(sampleNotification(change), signal);
      } catch (error) {
        if (error instanceof ChannelError) return error;
        throw error;
      }
      throw new Error('the channel accepted');
    }
    function expectNoSecret(error: ChannelError): void {
      const everything = `${error.stack} ${error.message} ${error.reason} ${String(error.cause)} ${JSON.stringify(error)}`;
      for (const secret of subject.secrets) expect(everything).not.toContain(secret);
    }

    it('answers the id the service gave', async () => {
      far.answer(subject.accepted);
      const sent = await channel.send(sampleNotification(), AbortSignal.timeout(5_000));
      expect(sent.remoteId).toBe(subject.remoteId);
      expect(far.requests).toHaveLength(subject.requestsPerSend ?? 1);
    });

    it('takes a 2xx with a body it cannot read for a success', async () => {
      far.answer({ status: 200, body: '<html>ok</html>' });
      await expect(channel.send(sampleNotification(), AbortSignal.timeout(5_000))).resolves.toBeDefined();
    });

    const expected = { ...RETRYABLE, ...subject.retryable };
    it.each(Object.entries(expected))('HTTP %s is retryable: %s', async (status, retryable) => {
      far.answer({ status: Number(status), headers: { location: 'http://127.0.0.1:1/' }, body: 'no <b>' });
      const error = await refusal();
      expect({ retryable: error.retryable, reason: error.reason }).toEqual({
        retryable,
        reason: `http-${status}`,
      });
      expectNoSecret(error);
    });

    it('hears Retry-After in seconds and as a date', async () => {
      far.answer({ status: 503, headers: { 'retry-after': '120' } });
      expect((await refusal()).retryAfterMs).toBe(120_000);
      far.answer({ status: 503, headers: { 'retry-after': new Date(NOW + 90_000).toUTCString() } });
      expect((await refusal()).retryAfterMs).toBe(90_000);
      far.answer({ status: 503, headers: { 'retry-after': 'soon' } });
      expect((await refusal()).retryAfterMs).toBeUndefined();
    });

    it('gives up a service that does not answer when the signal aborts', async () => {
      far.answer('hang');
      const error = await refusal({}, AbortSignal.timeout(50));
      expect({ retryable: error.retryable, reason: error.reason }).toEqual({
        retryable: true,
        reason: 'timeout',
      });
      expectNoSecret(error);
    });

    it('can be tried again after a line that was cut or a port that is closed', async () => {
      far.answer('reset');
      const cut = await refusal();
      expect({ retryable: cut.retryable, reason: cut.reason }).toEqual({ retryable: true, reason: 'reset' });
      expectNoSecret(cut);
      channel = open('http://127.0.0.1:1');
      const closed = await refusal();
      expect({ retryable: closed.retryable, reason: closed.reason }).toEqual({
        retryable: true,
        reason: 'refused',
      });
      expectNoSecret(closed);
    });

    it('stays within the limits of the service whatever it is given', async () => {
      const hostile = [
        'x'.repeat(8_000),
        '\u0001"\\'.repeat(2_666),
        '😀'.repeat(4_000),
        '*_`[a](b)'.repeat(888),
      ];
      for (const text of hostile) {
        await channel.send(
          sampleNotification({ title: text.slice(0, 500), body: text, id: 'i'.repeat(120) }),
          AbortSignal.timeout(5_000),
        );
      }
      expect(far.requests).toHaveLength(hostile.length * (subject.requestsPerSend ?? 1));
      for (const request of far.requests) {
        expect(request.headers['content-type']).toContain(subject.contentType ?? 'application/json');
        subject.checkLimits(request.body, request);
      }
    });
  });
}
