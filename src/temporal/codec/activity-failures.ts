/** The failure converter of workers that encrypt; the SDK loads it by this file's name. */
import { EncodingFailureConverter } from '../../failure-converter';

export const failureConverter = new EncodingFailureConverter();
