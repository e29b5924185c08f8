/**
 * What tfjs-node's kernels expect of their native addon (`TFJSBinding`), on TensorFlow's eager C API. An op is one call of
 * `TFE_Execute`; tensors are handles of the library, known to tfjs by a number.
 */
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'
import koffi from 'koffi'
import { attributeKinds, setAttribute, type Attribute, type Setters } from './attributes'
import { sessionConfig } from './config'
import { createGraph } from './graph'
import type { Library, Memory, Pointer } from './library'
import { createTrace, type Described, type Trace } from './trace'

/** `TF_DataType`, under the names the kernels use. */
const dataTypes = {
  TF_FLOAT: 1,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_RESOURCE: 20,
}

type Values = Float32Array | Int32Array | Uint8Array | BigInt64Array
const arrays: Record<number, new (buffer: ArrayBuffer) => Values> = {
  [dataTypes.TF_FLOAT]: Float32Array,
  [dataTypes.TF_COMPLEX64]: Float32Array,
  [dataTypes.TF_INT32]: Int32Array,
  [dataTypes.TF_INT64]: BigInt64Array,
  [dataTypes.TF_BOOL]: Uint8Array,
  [dataTypes.TF_UINT8]: Uint8Array,
}

export interface Binding extends TFJSBinding {
  /** `CPU`, or the type and place of the first accelerator. */
  device: string
  /** From now on ops are nodes of a graph, and reading a tensor is an error, until `end`. */
  beginTrace(): Trace
  /** The traced ops as a function of the library that takes `trace.inputs` and gives these tensors; its name. */
  addFunction(trace: Trace, outputs: number[]): string
  removeFunction(name: string): void
  /** Lets a tensor made while tracing have the values of one that was there before. */
  restore(trace: Trace, id: number, from: number): void
  /** Ops run again; what was deleted while tracing is deleted now. */
  endTrace(trace: Trace): void
  /** Calls a function. `xla`: compiled by XLA at its first call. Throws where the op or its compilation fails. */
  callFunction(name: string, inputs: number[], outputs: number, xla: boolean): Described[]
  /** Lets `to` be the tensor that `from` was. */
  move(from: number, to: number): void
}

/** Opens a context with `threads` threads within an op and between ops. Throws a plain `Error` with the library's own reason. */
export function createBinding(tf: Library, threads: number): Binding {
  const status = tf.TF_NewStatus()
  const check = (doing: string): void => {
    if (tf.TF_GetCode(status) !== 0) throw new Error(`${doing}: ${tf.TF_Message(status)}`)
  }

  const options = tf.TFE_NewContextOptions()
  const config = sessionConfig(threads)
  tf.TFE_ContextOptionsSetConfig(options, config, config.byteLength, status)
  check('TensorFlow configuration')
  const context = tf.TFE_NewContext(options, status)
  check('TensorFlow context')
  tf.TFE_DeleteContextOptions(options)
  const accelerator = findAccelerator(tf, context, status)

  const handles = new Map<number, Pointer>()
  let trace: Trace | null = null
  let functions = 0
  let lastId = 0
  const nextId = () => ++lastId
  const keep = (handle: Pointer): number => {
    const id = nextId()
    handles.set(id, handle)
    return id
  }
  const handleOf = (id: number): Pointer => {
    const handle = handles.get(id)
    if (handle === undefined) throw new Error(`tensor ${id} does not exist (any more)`)
    if (handle === null) throw new Error(`tensor ${id} was made while a step was compiled and has no values`)
    return handle
  }

  /** The library keeps attribute names by address. */
  const nameOf = (name: string): Memory => {
    const bytes = Buffer.from(`${name}\0`, 'latin1')
    const address = koffi.alloc('uint8_t', bytes.byteLength) as bigint
    tf.memcpy(address, bytes, bytes.byteLength)
    return address
  }

  // One op is used again and again: resetting it costs less than making one.
  const op = tf.TFE_NewOp(context, 'Identity', status)
  check('TensorFlow op')
  const results = new BigUint64Array(256)
  const count = new Int32Array(1)

  const settersOf = (key: Memory): Setters => ({
    type: (value) => tf.TFE_OpSetAttrType(op, key, value),
    types: (values, count) => tf.TFE_OpSetAttrTypeList(op, key, values, count),
    int: (value) => tf.TFE_OpSetAttrInt(op, key, value),
    ints: (values, count) => tf.TFE_OpSetAttrIntList(op, key, values, count),
    bool: (value) => tf.TFE_OpSetAttrBool(op, key, value),
    bools: (values, count) => tf.TFE_OpSetAttrBoolList(op, key, values, count),
    float: (value) => tf.TFE_OpSetAttrFloat(op, key, value),
    floats: (values, count) => tf.TFE_OpSetAttrFloatList(op, key, values, count),
    string: (value, bytes) => tf.TFE_OpSetAttrString(op, key, value, bytes),
    shape: (dims, rank) => {
      tf.TFE_OpSetAttrShape(op, key, dims, rank, status)
      check('a shape')
    },
  })
  const setters = new Map<string, Setters>()
  const settersFor = (name: string): Setters => {
    let found = setters.get(name)
    if (!found) setters.set(name, (found = settersOf(nameOf(name))))
    return found
  }

  const describe = (handle: Pointer): { shape: number[]; dtype: number } => {
    const shape = new Array<number>(tf.TFE_TensorHandleNumDims(handle, status))
    for (let i = 0; i < shape.length; i++) shape[i] = tf.TFE_TensorHandleDim(handle, i, status)
    return { shape, dtype: tf.TFE_TensorHandleDataType(handle) }
  }

  const execute = (doing: string, outputs: number): Described[] => {
    const into = outputs > results.length ? new BigUint64Array(outputs) : results
    count[0] = outputs
    tf.TFE_Execute(op, into, count, status)
    check(doing)
    const made = new Array<Described>(outputs)
    for (let i = 0; i < outputs; i++) made[i] = { id: keep(into[i]!), ...describe(into[i]!) }
    return made
  }

  const unsupported = (): never => {
    throw new Error('saved models are not used here')
  }

  return {
    ...dataTypes,
    ...attributeKinds,
    TF_Version: tf.TF_Version(),
    device: accelerator ? accelerator.replace(/^.*device:/, '') : 'CPU',
    TensorMetadata: class {} as TFJSBinding['TensorMetadata'],
    TFEOpAttr: class {} as TFJSBinding['TFEOpAttr'],

    createTensor(shape, dtype, values) {
      const bytes = (values as unknown as ArrayBufferView).byteLength
      if (dtype === dataTypes.TF_STRING || bytes === undefined) throw new Error('text tensors are not supported')
      const tensor = tf.TF_AllocateTensor(dtype, BigInt64Array.from(shape, BigInt), shape.length, bytes)
      if (!tensor || tf.TF_TensorByteSize(tensor) !== bytes)
        throw new Error(`no room for a tensor of shape [${shape.join(', ')}]`)
      if (bytes > 0) tf.memcpy(tf.TF_TensorData(tensor), values as unknown as ArrayBufferView, bytes)
      let handle = tf.TFE_NewTensorHandle(tensor, status)
      const id = nextId()
      if (trace) trace.constant(id, tensor, dtype, shape)
      else tf.TF_DeleteTensor(tensor)
      check('new tensor')
      // int32 stays in the host's memory: shapes and axes are read there.
      if (accelerator && dtype === dataTypes.TF_FLOAT) {
        const there = tf.TFE_TensorHandleCopyToDevice(handle, context, accelerator, status)
        tf.TFE_DeleteTensorHandle(handle)
        check('copy to the device')
        handle = there
      }
      handles.set(id, handle)
      return id
    },

    deleteTensor(id) {
      if (trace && !(trace.forget(id) && handles.has(id))) return
      // A tensor that only ever was a symbol has nothing to free.
      if (handles.get(id) !== null) tf.TFE_DeleteTensorHandle(handleOf(id))
      handles.delete(id)
    },

    tensorDataSync(id) {
      if (trace && !trace.isConstant(id)) throw new Error(`a compiled step reads a tensor${place()}`)
      const handle = handleOf(id)
      const type = tf.TFE_TensorHandleDataType(handle)
      const Values = arrays[type]
      if (!Values) throw new Error(`tensors of type ${type} cannot be read`)
      const tensor = tf.TFE_TensorHandleResolve(handle, status)
      check('reading a tensor')
      const bytes = tf.TF_TensorByteSize(tensor)
      const values = new Values(new ArrayBuffer(bytes))
      if (bytes > 0) tf.memcpy(values, tf.TF_TensorData(tensor), bytes)
      tf.TF_DeleteTensor(tensor)
      return values as Float32Array
    },

    executeOp(name, attributes, inputs, outputs) {
      if (trace) return trace.operation(name, attributes, inputs, outputs)
      tf.TFE_OpReset(op, name, null, status)
      check(name)
      for (const id of inputs) tf.TFE_OpAddInput(op, handleOf(id), status)
      for (const attribute of attributes as Attribute[]) setAttribute(settersFor(attribute.name), attribute)
      return execute(name, outputs)
    },

    beginTrace() {
      if (trace) throw new Error('a step is being compiled already')
      return (trace = createTrace(createGraph(tf, status, check), nextId, (id) => describe(handleOf(id))))
    },

    addFunction({ graph, inputs, symbolOf }, outputs) {
      const name = `step${++functions}`
      const made = graph.toFunction(name, inputs.map(symbolOf), outputs.map(symbolOf))
      tf.TFE_ContextAddFunction(context, made, status)
      tf.TF_DeleteFunction(made)
      check('compiling a step')
      return name
    },

    removeFunction(name) {
      tf.TFE_ContextRemoveFunction(context, name, status)
      check('freeing a step')
    },

    restore({ deleted, forget }, id, from) {
      if (forget(id) && handles.has(id)) tf.TFE_DeleteTensorHandle(handleOf(id))
      // Where something else holds the old tensor too, both share its values.
      const shared = !deleted.delete(from)
      handles.set(id, shared ? tf.TFE_TensorHandleCopySharingTensor(handleOf(from), status) : handleOf(from))
      if (!shared) handles.delete(from)
    },

    endTrace({ graph, nodes, alive, deleted }) {
      trace = null
      graph.delete()
      for (const { tensor } of nodes) if (tensor) tf.TF_DeleteTensor(tensor)
      for (const id of alive()) if (!handles.has(id)) handles.set(id, null)
      for (const id of deleted) this.deleteTensor(id)
    },

    callFunction(name, inputs, outputs, xla) {
      tf.TFE_OpReset(op, name, null, status)
      check(name)
      for (const id of inputs) tf.TFE_OpAddInput(op, handleOf(id), status)
      if (xla) settersFor('_XlaMustCompile').bool(1)
      return execute('a compiled step', outputs)
    },

    move(from, to) {
      tf.TFE_DeleteTensorHandle(handleOf(to))
      handles.set(to, handleOf(from))
      handles.delete(from)
    },

    isUsingGpuDevice: () => accelerator !== null,
    getNumOfTensors: () => handles.size,
    getNumOfSavedModels: () => 0,
    loadSavedModel: unsupported,
    deleteSavedModel: unsupported,
    runSavedModel: unsupported,
  }
}

/** Where our own code stands: the first line of the stack that is neither tfjs's nor the engine's. */
function place(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  const line = lines.find((one) => !/node_modules|engines.tensorflow|chunks.tensorflow|node:/.test(one))
  return line ? `, ${line.trim()}` : ''
}

/** Full name of the first GPU, or null. */
function findAccelerator(tf: Library, context: Pointer, status: Pointer): string | null {
  const list = tf.TFE_ContextListDevices(context, status)
  try {
    for (let i = 0; i < tf.TF_DeviceListCount(list); i++) {
      if (tf.TF_DeviceListType(list, i, status) === 'GPU') return tf.TF_DeviceListName(list, i, status)
    }
    return null
  } finally {
    tf.TF_DeleteDeviceList(list)
  }
}
