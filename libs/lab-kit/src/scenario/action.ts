import type { World } from '../world/world.ts';
import type { StepArguments } from './step-arguments.ts';

/** Does one thing to the world. Reads all its arguments before it changes anything. */
export type Action = (world: World, args: StepArguments) => () => void;
