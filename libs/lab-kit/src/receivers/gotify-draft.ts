import { isObject, jsonOf, mediaType, type Received } from './http-receiver.ts';

/** What a publisher asks for. */
export interface GotifyDraft {
  readonly title: string;
  readonly message: string;
  readonly priority: number;
  readonly extras: Readonly<Record<string, unknown>> | undefined;
  /** Of the application; read where the token is not one's own. */
  readonly appid: number | undefined;
}

/** Reads the body of POST /message. @returns what is wrong with it, as the original words it, when it cannot be read. */
export function readGotifyDraft(request: Received): GotifyDraft | string {
  // Without the JSON media type the original reads a form.
  const isJson = mediaType(request) === 'application/json';
  const json = isJson
    ? jsonOf(request.body)
    : Object.fromEntries(new URLSearchParams(request.body.toString('utf8')));
  if (!isObject(json)) return 'invalid character looking for beginning of value';
  const { title = '', message = '', extras } = json;
  const number = (key: string) => (isJson ? (json[key] ?? 0) : Number(json[key] ?? 0));
  const [priority, appid] = [number('priority'), number('appid')];
  if (typeof title !== 'string') return wrongType('title', 'string');
  if (typeof message !== 'string') return wrongType('message', 'string');
  if (typeof priority !== 'number' || !Number.isInteger(priority)) return wrongType('priority', 'int');
  if (typeof appid !== 'number' || !Number.isInteger(appid) || appid < 0) return wrongType('appid', 'uint');
  if (extras !== undefined && extras !== null && !isObject(extras)) {
    return wrongType('extras', 'map[string]interface {}');
  }
  if (message === '') return "Field 'message' is required";
  return {
    title,
    message,
    priority,
    extras: isObject(extras) ? extras : undefined,
    appid: appid === 0 ? undefined : appid,
  };
}

function wrongType(field: string, type: string): string {
  return `json: cannot unmarshal into Go struct field CreateMessage.${field} of type ${type}`;
}
