import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
  type InputRequests,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { text } from './content.ts';
import { fixtureTool, type FixtureTool } from './fixture-tool.ts';

type Properties = Record<string, object>;

/** Asks the person for a form. Every field is required unless `isOptional`. */
export function form(message: string, properties: Properties, isOptional = false): InputRequests[string] {
  const required = isOptional ? {} : { required: Object.keys(properties) };
  const params = { message, requestedSchema: { type: 'object', properties, ...required } };
  // The suites ask for JSON Schema words (enumNames) that the SDK's type does not list.
  return { method: 'elicitation/create', params } as unknown as InputRequests[string];
}

const sample = (words: string, maxTokens: number): InputRequests[string] => ({
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens },
});
const roots: InputRequests[string] = { method: 'roots/list' };

const string = { type: 'string' } as const;
const done = (words: string) => ({ content: [text(words)] });

/** Signs what travels through the client, so that nobody changes it on the way. */
function seal(key: string, round: string): string {
  return `${round}.${createHmac('sha256', key).update(round).digest('hex')}`;
}

/** @throws {ProtocolError} somebody changed it. */
function unseal(key: string, context: ServerContext): string | undefined {
  const state = context.mcpReq.requestState<string>();
  if (state === undefined) return undefined;
  const round = state.split('.', 1)[0] ?? '';
  const [given, wanted] = [Buffer.from(state), Buffer.from(seal(key, round))];
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return round;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'requestState was changed');
}

function sampled({ mcpReq }: ServerContext, key: string): string | undefined {
  const answer = inputResponse(mcpReq.inputResponses, key);
  return answer.kind === 'missing' ? undefined : JSON.stringify(answer);
}

/** One question of the form kind, in both eras; answers with what came back. */
function elicits(name: string, message: string, properties: Properties, isOptional = false): FixtureTool {
  return fixtureTool(name, async (_args, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'answer');
    if (answer.kind === 'missing')
      return inputRequired({ inputRequests: { answer: form(message, properties, isOptional) } });
    return done(`Elicitation completed: ${JSON.stringify(answer)}`);
  });
}

const options = ['option1', 'option2', 'option3'];
const titled = (what: string) =>
  ['First', 'Second'].map((nth, i) => ({ const: `value${i + 1}`, title: `${nth} ${what}` }));

/** @param key of the signatures, at least 32 characters. */
export function askingTools(key: string): readonly FixtureTool[] {
  const greeting = (name: unknown) => done(`Hello, ${String(name)}!`);
  const askName = (requestState?: string): InputRequiredResult =>
    inputRequired({
      inputRequests: { user_name: form('What is your name?', { name: string }) },
      ...(requestState === undefined ? {} : { requestState }),
    });
  const stateful = (name: string) =>
    fixtureTool(name, async (_args, context) => {
      const round = unseal(key, context);
      const confirm = acceptedContent(context.mcpReq.inputResponses, 'confirm');
      if (round !== undefined && confirm !== undefined) return done('state-ok');
      return inputRequired({
        inputRequests: { confirm: form('Please confirm', { ok: { type: 'boolean' } }) },
        requestState: seal(key, 'asked'),
      });
    });
  return [
    fixtureTool(
      'test_sampling',
      async ({ prompt }, context) => {
        const answer = sampled(context, 'answer');
        if (answer !== undefined) return done(`LLM response: ${answer}`);
        return inputRequired({ inputRequests: { answer: sample(String(prompt), 100) } });
      },
      { type: 'object', properties: { prompt: string }, required: ['prompt'] },
    ),
    fixtureTool(
      'test_elicitation',
      async ({ message }, { mcpReq }) => {
        const answer = inputResponse(mcpReq.inputResponses, 'answer');
        if (answer.kind !== 'missing') return done(`User response: ${JSON.stringify(answer)}`);
        return inputRequired({
          inputRequests: { answer: form(String(message), { username: string, email: string }) },
        });
      },
      { type: 'object', properties: { message: string }, required: ['message'] },
    ),
    elicits(
      'test_elicitation_sep1034_defaults',
      'Defaults of every kind',
      {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
      true,
    ),
    elicits(
      'test_elicitation_sep1330_enums',
      'Choices of every kind',
      {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled('Option') },
        legacyEnum: { type: 'string', enum: ['opt1', 'opt2'], enumNames: ['Option One', 'Option Two'] },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
      },
      true,
    ),
    elicits('test_streaming_elicitation', 'One question', { name: string }),
    fixtureTool('test_input_required_result_elicitation', async (_args, { mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_name');
      return typeof answer?.['name'] === 'string' ? greeting(answer['name']) : askName();
    }),
    fixtureTool('test_input_required_result_sampling', async (_args, context) => {
      const answer = sampled(context, 'capital_question');
      if (answer !== undefined) return done(answer);
      return inputRequired({
        inputRequests: { capital_question: sample('What is the capital of France?', 100) },
      });
    }),
    fixtureTool('test_input_required_result_list_roots', async (_args, context) => {
      const answer = sampled(context, 'client_roots');
      return answer === undefined ? inputRequired({ inputRequests: { client_roots: roots } }) : done(answer);
    }),
    stateful('test_input_required_result_request_state'),
    stateful('test_input_required_result_tampered_state'),
    fixtureTool('test_input_required_result_multiple_inputs', async (_args, context) => {
      const round = unseal(key, context);
      const name = acceptedContent(context.mcpReq.inputResponses, 'user_name');
      const rest = [sampled(context, 'greeting'), sampled(context, 'client_roots')];
      if (round !== undefined && name !== undefined && !rest.includes(undefined))
        return greeting(name['name']);
      return inputRequired({
        inputRequests: {
          user_name: form('What is your name?', { name: string }),
          greeting: sample('Generate a greeting', 50),
          client_roots: roots,
        },
        requestState: seal(key, 'asked'),
      });
    }),
    fixtureTool('test_input_required_result_multi_round', async (_args, context) => {
      const round = unseal(key, context);
      const step = (number: number, message: string, properties: Properties) =>
        inputRequired({
          inputRequests: { [`step${number}`]: form(`Step ${number}: ${message}`, properties) },
          requestState: seal(key, `step${number}`),
        });
      const { inputResponses } = context.mcpReq;
      if (round === 'step2' && acceptedContent(inputResponses, 'step2') !== undefined)
        return done('both answered');
      if (round === 'step1' && acceptedContent(inputResponses, 'step1') !== undefined)
        return step(2, 'What is your favorite color?', { color: string });
      return step(1, 'What is your name?', { name: string });
    }),
    fixtureTool('test_input_required_result_capabilities', async (_args, context) => {
      const inputRequests: InputRequests = {
        ...(declares(context, 'elicitation')
          ? { user_name: form('What is your name?', { name: string }) }
          : {}),
        ...(declares(context, 'sampling') ? { greeting: sample('Generate a greeting', 50) } : {}),
      };
      return inputRequired({ inputRequests });
    }),
  ];
}

/** Whether the client said with this request that it can do it. */
function declares({ mcpReq }: ServerContext, capability: string): boolean {
  // The SDK publishes the envelope's type without its keys.
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY];
  return typeof declared === 'object' && declared !== null && capability in declared;
}
