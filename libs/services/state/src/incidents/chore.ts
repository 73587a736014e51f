/** Something to be done now and then, by the clock. Everything belongs inside one transaction. */
export interface Chore {
  /** Whether `look` would do anything. */
  isDue(): boolean;
  look(): void;
}
