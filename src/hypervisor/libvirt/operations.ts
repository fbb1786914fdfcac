/** Everything that a connection's thread can be asked for, by name. Reads may be asked again; acts are asked once. */
import type { Context } from './context';
import { watchLifecycle } from './event-operations';
import {
  destroy,
  domainInfo,
  domainXml,
  listDomains,
  observe,
  resume,
  resumeIfHeld,
  setAutostart,
  undefine,
  versions,
} from './domain-operations';
import {
  abortJob,
  completedJobStats,
  jobStats,
  migrate,
  setBandwidth,
  setMaxDowntime,
} from './job-operations';
import { migrationBlockers } from './qemu-monitor';
import {
  createTransientMdev,
  defineMdev,
  mdevNames,
  mdevParents,
  mdevRecord,
  mdevRecords,
  startDefinedMdev,
  stopMdev,
  undefineMdev,
} from './mdev-operations';

/** Change nothing: one that met a lost connection is repeated on a new one. */
export const READS = {
  versions,
  listDomains,
  domainInfo,
  observe,
  domainXml,
  migrationBlockers,
  jobStats,
  completedJobStats,
  mdevNames,
  mdevParents,
  mdevRecord,
  mdevRecords,
};

/** May have happened although the answer never came: never repeated here. */
export const ACTS = {
  resume,
  resumeIfHeld,
  destroy,
  undefine,
  setAutostart,
  abortJob,
  setMaxDowntime,
  setBandwidth,
  watchLifecycle,
  migrate,
  createTransientMdev,
  defineMdev,
  startDefinedMdev,
  stopMdev,
  undefineMdev,
};

export type Operations = typeof READS & typeof ACTS;
export type OperationName = keyof Operations;
export type ArgumentsOf<Name extends OperationName> = Operations[Name] extends (
  context: Context,
  ...rest: infer Rest
) => unknown
  ? Rest
  : never;
export type ResultOf<Name extends OperationName> = ReturnType<Operations[Name]>;
