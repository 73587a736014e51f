/** Why something is no message of ours. */
export interface Refused {
  readonly reject: true;
  readonly reason: string;
  readonly detail?: string;
}

/** What a schema says of a value that does not fit, as Zod tells it. */
interface SchemaError {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}

/** The refusal of a value that does not fit its schema: the first thing that is wrong, by its place. */
export function schemaFault({ issues }: SchemaError): Refused {
  const [issue] = issues;
  const detail = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`;
  return { reject: true, reason: 'schema', detail };
}
