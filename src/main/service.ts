/** The methods of a service, from its area of the contract: same names, parsed inputs, answers as the contract declares them. */
import type { ContractProcedure, ErrorMap, InferSchemaOutput, Meta, AnySchema } from '@orpc/contract'

type Answer<Output extends AnySchema> =
  InferSchemaOutput<Output> extends AsyncIteratorObject<infer Event, unknown, void>
    ? AsyncIteratorObject<Event, void, void>
    : Promise<InferSchemaOutput<Output>>

/** Event iterators take the caller's signal besides; everything else is a promise. */
export type Service<Area> = {
  [Name in keyof Area]: Area[Name] extends ContractProcedure<infer Input, infer Output, ErrorMap, Meta>
    ? unknown extends InferSchemaOutput<Input>
      ? (input?: undefined, signal?: AbortSignal) => Answer<Output>
      : (input: InferSchemaOutput<Input>, signal?: AbortSignal) => Answer<Output>
    : never
}
