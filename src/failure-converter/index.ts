/** Failures whose message and stack trace become a payload, so that a codec encrypts them too. */
import { DefaultFailureConverter, type PayloadConverter, type ProtoFailure } from '@temporalio/common';
import { ErrorType } from '../contract';

/** What Temporal's own converter says in its place. */
const HIDDEN = 'Encoded failure';

type Context = Parameters<DefaultFailureConverter['errorToFailure']>[2];

/** Whatever its setting, a converter reads what this one writes. */
export class EncodingFailureConverter extends DefaultFailureConverter {
  /**
   * As the default one does with `encodeCommonAttributes`, but for two things: what was received and is passed on is not
   * changed in place (its second turn would lose the message), and what says that a payload cannot be read stays readable:
   * whoever reads it may lack the same key.
   */
  override errorToFailure(error: unknown, converter: PayloadConverter, context?: Context): ProtoFailure {
    const failure = this.errorToFailureInner(error, converter, context);
    if (failure.applicationFailureInfo?.type === ErrorType.PayloadUnreadable) return failure;
    const { message, stackTrace } = failure;
    return {
      ...failure,
      message: HIDDEN,
      stackTrace: '',
      encodedAttributes: converter.toPayload({ message, stack_trace: stackTrace }, context),
    };
  }
}
