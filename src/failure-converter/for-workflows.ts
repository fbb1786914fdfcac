/** The failure converter that is bundled with the workflows: one bundle for orchestrators that encrypt and for those that do not. */
import { DefaultFailureConverter } from '@temporalio/common';
import { EncodingFailureConverter } from '.';
import { ENCODE_FAILURES } from './flag';

/** Set ahead of the bundle by an orchestrator that encrypts. */
const encodes = (globalThis as Record<string, unknown>)[ENCODE_FAILURES] === true;

export const failureConverter = encodes ? new EncodingFailureConverter() : new DefaultFailureConverter();
