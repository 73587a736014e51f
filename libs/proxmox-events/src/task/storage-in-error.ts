const NAMED = /\bstorage '([A-Za-z][A-Za-z0-9._-]{0,99})'/;

/**
 * The storage that a backup's error names: a job that ends before its first guest logs no command line, so the error is all that
 * tells where it was to write. `undefined` for other tasks: theirs may name a disk's storage, which is not what the task is about.
 */
export function storageInError(taskType: string, error: unknown): string | undefined {
  return taskType === 'vzdump' && typeof error === 'string' ? NAMED.exec(error)?.[1] : undefined;
}
