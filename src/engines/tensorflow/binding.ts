/**
 * What tfjs-node's kernels expect of their native addon (`TFJSBinding`), on TensorFlow's eager C API. An op is one call of
 * `TFE_Execute`; tensors are handles of the library, known to tfjs by a number.
 */
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding'
import koffi from 'koffi'
import { sessionConfig } from './config'
import type { Library, Memory, Pointer } from './library'

/** `TF_DataType` and `TF_AttrType`, under the names the kernels use. */
const constants = {
  TF_FLOAT: 1,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_RESOURCE: 20,
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  /** The addon's own number for resources; no kernel that we use passes one. */
  TF_ATTR_RESOURCE: 6,
}

type Values = Float32Array | Int32Array | Uint8Array | BigInt64Array
const arrays: Record<number, new (buffer: ArrayBuffer) => Values> = {
  [constants.TF_FLOAT]: Float32Array,
  [constants.TF_COMPLEX64]: Float32Array,
  [constants.TF_INT32]: Int32Array,
  [constants.TF_INT64]: BigInt64Array,
  [constants.TF_BOOL]: Uint8Array,
  [constants.TF_UINT8]: Uint8Array,
}

/** What `executeOp` receives for each attribute. */
interface Attribute {
  name: string
  type: number
  value: unknown
}

export interface Binding extends TFJSBinding {
  /** `CPU`, or the type and place of the first accelerator. */
  device: string
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
  let lastId = 0
  const keep = (handle: Pointer): number => {
    handles.set(++lastId, handle)
    return lastId
  }
  const handleOf = (id: number): Pointer => {
    const handle = handles.get(id)
    if (handle === undefined) throw new Error(`tensor ${id} does not exist (any more)`)
    return handle
  }

  // The library keeps attribute names by address.
  const names = new Map<string, Memory>()
  const nameOf = (name: string): Memory => {
    let memory = names.get(name)
    if (memory === undefined) {
      const bytes = Buffer.from(`${name}\0`, 'latin1')
      const address = koffi.alloc('uint8_t', bytes.byteLength) as bigint
      tf.memcpy(address, bytes, bytes.byteLength)
      names.set(name, (memory = address))
    }
    return memory
  }

  // One op is used again and again: resetting it costs less than making one.
  const op = tf.TFE_NewOp(context, 'Identity', status)
  check('TensorFlow op')
  const results = new BigUint64Array(256)
  const count = new Int32Array(1)

  const setAttribute = ({ name, type, value }: Attribute): void => {
    const key = nameOf(name)
    switch (type) {
      case constants.TF_ATTR_TYPE:
        if (Array.isArray(value)) tf.TFE_OpSetAttrTypeList(op, key, Int32Array.from(value as number[]), value.length)
        else tf.TFE_OpSetAttrType(op, key, value as number)
        return
      case constants.TF_ATTR_INT:
        if (Array.isArray(value)) tf.TFE_OpSetAttrIntList(op, key, BigInt64Array.from(value.map(BigInt)), value.length)
        else tf.TFE_OpSetAttrInt(op, key, value as number)
        return
      case constants.TF_ATTR_BOOL:
        if (Array.isArray(value)) tf.TFE_OpSetAttrBoolList(op, key, Uint8Array.from(value.map(Number)), value.length)
        else tf.TFE_OpSetAttrBool(op, key, value ? 1 : 0)
        return
      case constants.TF_ATTR_FLOAT:
        if (Array.isArray(value)) tf.TFE_OpSetAttrFloatList(op, key, Float32Array.from(value as number[]), value.length)
        else tf.TFE_OpSetAttrFloat(op, key, value as number)
        return
      case constants.TF_ATTR_STRING: {
        const bytes = Buffer.from(value as string)
        tf.TFE_OpSetAttrString(op, key, bytes, bytes.byteLength)
        return
      }
      case constants.TF_ATTR_SHAPE: {
        const dims = BigInt64Array.from((value as number[]).map(BigInt))
        tf.TFE_OpSetAttrShape(op, key, dims, dims.length, status)
        check(`attribute ${name}`)
        return
      }
      default:
        throw new Error(`attribute ${name} has a type (${type}) that is not supported`)
    }
  }

  const describe = (handle: Pointer): { id: number; shape: number[]; dtype: number } => {
    const shape = new Array<number>(tf.TFE_TensorHandleNumDims(handle, status))
    for (let i = 0; i < shape.length; i++) shape[i] = tf.TFE_TensorHandleDim(handle, i, status)
    return { id: keep(handle), shape, dtype: tf.TFE_TensorHandleDataType(handle) }
  }

  const unsupported = (): never => {
    throw new Error('saved models are not used here')
  }

  return {
    ...constants,
    TF_Version: tf.TF_Version(),
    device: accelerator ? accelerator.replace(/^.*device:/, '') : 'CPU',
    TensorMetadata: class {} as TFJSBinding['TensorMetadata'],
    TFEOpAttr: class {} as TFJSBinding['TFEOpAttr'],

    createTensor(shape, dtype, values) {
      const bytes = (values as unknown as ArrayBufferView).byteLength
      if (dtype === constants.TF_STRING || bytes === undefined) throw new Error('text tensors are not supported')
      const tensor = tf.TF_AllocateTensor(dtype, BigInt64Array.from(shape, BigInt), shape.length, bytes)
      if (!tensor || tf.TF_TensorByteSize(tensor) !== bytes)
        throw new Error(`no room for a tensor of shape [${shape.join(', ')}]`)
      if (bytes > 0) tf.memcpy(tf.TF_TensorData(tensor), values as unknown as ArrayBufferView, bytes)
      let handle = tf.TFE_NewTensorHandle(tensor, status)
      tf.TF_DeleteTensor(tensor)
      check('new tensor')
      // int32 stays in the host's memory: shapes and axes are read there.
      if (accelerator && dtype === constants.TF_FLOAT) {
        const there = tf.TFE_TensorHandleCopyToDevice(handle, context, accelerator, status)
        tf.TFE_DeleteTensorHandle(handle)
        check('copy to the device')
        handle = there
      }
      return keep(handle)
    },

    deleteTensor(id) {
      tf.TFE_DeleteTensorHandle(handleOf(id))
      handles.delete(id)
    },

    tensorDataSync(id) {
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
      tf.TFE_OpReset(op, name, null, status)
      check(name)
      for (const id of inputs) tf.TFE_OpAddInput(op, handleOf(id), status)
      for (const attribute of attributes) setAttribute(attribute)
      const into = outputs > results.length ? new BigUint64Array(outputs) : results
      count[0] = outputs
      tf.TFE_Execute(op, into, count, status)
      check(name)
      const made = new Array<ReturnType<typeof describe>>(outputs)
      for (let i = 0; i < outputs; i++) made[i] = describe(into[i]!)
      return made
    },

    isUsingGpuDevice: () => accelerator !== null,
    getNumOfTensors: () => handles.size,
    getNumOfSavedModels: () => 0,
    loadSavedModel: unsupported,
    deleteSavedModel: unsupported,
    runSavedModel: unsupported,
  }
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
