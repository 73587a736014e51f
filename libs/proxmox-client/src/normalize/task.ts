import * as z from 'zod';
import { readUpid } from '../upid.ts';
import { needText, num, text } from './values.ts';

/** A task, the same whichever of the lists it came from and whichever product ran it. */
export interface Task {
  readonly upid: string;
  /** PBS lists say `localhost`; the name in the UPID is taken. */
  readonly node: string;
  readonly type: string;
  /** What it is about, as written in the list: a vmid, a storage, a job; PBS: escaped. Absent when there is nothing. */
  readonly id?: string;
  /** Without the token. */
  readonly user: string;
  readonly tokenid?: string;
  /** Epoch seconds. */
  readonly starttime: number;
  /** Epoch seconds at which the end was noticed. */
  readonly endtime?: number;
  readonly isRunning: boolean;
  /** `OK`, `WARNINGS: 2`, or the text of the failure. Absent while running, and where the source does not say. */
  readonly exitStatus?: string;
}

const Row = z.object({
  upid: needText,
  user: text,
  tokenid: text,
  endtime: num,
  status: text,
  exitstatus: text,
});

type Row = z.infer<typeof Row>;

// The UPID is the truth: node, type, id and start repeated beside it say the same or are wrong (PROXMOX §B.1).
function toTask(row: Row, isRunning: boolean, exitStatus: string | undefined): Task | undefined {
  const upid = readUpid(row.upid);
  if (upid === undefined) return undefined;
  // A token's task is written `user!token` in some lists and split in others.
  const [user = upid.user, fromUser] = upid.user.split('!', 2);
  const tokenid = fromUser ?? row.tokenid;
  return {
    upid: upid.upid,
    node: upid.node,
    type: upid.type,
    ...(upid.id === '' ? {} : { id: upid.id }),
    user,
    ...(tokenid === undefined ? {} : { tokenid }),
    starttime: upid.starttime,
    ...(isRunning || row.endtime === undefined ? {} : { endtime: row.endtime }),
    isRunning,
    ...(isRunning || exitStatus === undefined ? {} : { exitStatus }),
  };
}

const orInvalid = (task: Task | undefined, context: z.RefinementCtx): Task => {
  if (task !== undefined) return task;
  context.addIssue({ code: 'custom', message: 'not a UPID' });
  return z.NEVER;
};

/** A row of any task list. Running: no status at all, or `RUNNING`. */
export const ListedTask = Row.transform((row, context) => {
  const isRunning = row.status === 'RUNNING' || (row.status === undefined && row.endtime === undefined);
  return orInvalid(toTask(row, isRunning, row.status), context);
});

/** The answer of a task's own `status`: running or stopped, with the exit text beside it. */
export const TaskStatus = Row.transform((row, context) =>
  orInvalid(toTask(row, row.status === 'running', row.exitstatus), context),
);
