/** The part of TensorFlow's C API (`tensorflow/c/c_api.h`, `c/eager/c_api.h`) that the studio calls, through koffi. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import koffi, { type LibraryHandle } from 'koffi'

/** An address in the library's memory. */
export type Pointer = bigint | null
/** Memory that a call reads or fills: an address or a typed array. */
export type Memory = Pointer | ArrayBufferView

/** `TF_Output`: an output of a graph's node. */
interface Output {
  oper: Pointer
  index: number
}
koffi.struct('TF_Output', { oper: 'void *', index: 'int' })

export interface Library {
  TF_Version(): string
  TF_NewStatus(): Pointer
  TF_GetCode(status: Pointer): number
  TF_Message(status: Pointer): string
  TFE_NewContextOptions(): Pointer
  TFE_ContextOptionsSetConfig(options: Pointer, proto: Memory, bytes: number, status: Pointer): void
  TFE_DeleteContextOptions(options: Pointer): void
  TFE_NewContext(options: Pointer, status: Pointer): Pointer
  TFE_ContextListDevices(context: Pointer, status: Pointer): Pointer
  TF_DeviceListCount(list: Pointer): number
  TF_DeviceListName(list: Pointer, index: number, status: Pointer): string
  TF_DeviceListType(list: Pointer, index: number, status: Pointer): string
  TF_DeleteDeviceList(list: Pointer): void
  TF_AllocateTensor(type: number, dims: Memory, rank: number, bytes: number): Pointer
  TF_TensorData(tensor: Pointer): Pointer
  TF_TensorByteSize(tensor: Pointer): number
  TF_DeleteTensor(tensor: Pointer): void
  TFE_NewTensorHandle(tensor: Pointer, status: Pointer): Pointer
  TFE_DeleteTensorHandle(handle: Pointer): void
  TFE_TensorHandleDataType(handle: Pointer): number
  TFE_TensorHandleNumDims(handle: Pointer, status: Pointer): number
  TFE_TensorHandleDim(handle: Pointer, index: number, status: Pointer): number
  TFE_TensorHandleResolve(handle: Pointer, status: Pointer): Pointer
  TFE_TensorHandleCopyToDevice(handle: Pointer, context: Pointer, device: string, status: Pointer): Pointer
  TFE_NewOp(context: Pointer, name: string, status: Pointer): Pointer
  TFE_OpReset(op: Pointer, name: string, device: null, status: Pointer): void
  TFE_OpAddInput(op: Pointer, handle: Pointer, status: Pointer): void
  TFE_OpSetAttrType(op: Pointer, name: Memory, value: number): void
  TFE_OpSetAttrInt(op: Pointer, name: Memory, value: number): void
  TFE_OpSetAttrFloat(op: Pointer, name: Memory, value: number): void
  TFE_OpSetAttrBool(op: Pointer, name: Memory, value: number): void
  TFE_OpSetAttrString(op: Pointer, name: Memory, value: Memory, bytes: number): void
  TFE_OpSetAttrIntList(op: Pointer, name: Memory, values: Memory, count: number): void
  TFE_OpSetAttrFloatList(op: Pointer, name: Memory, values: Memory, count: number): void
  TFE_OpSetAttrBoolList(op: Pointer, name: Memory, values: Memory, count: number): void
  TFE_OpSetAttrTypeList(op: Pointer, name: Memory, values: Memory, count: number): void
  TFE_OpSetAttrShape(op: Pointer, name: Memory, dims: Memory, rank: number, status: Pointer): void
  TFE_Execute(op: Pointer, results: Memory, count: Memory, status: Pointer): void
  TFE_TensorHandleCopySharingTensor(handle: Pointer, status: Pointer): Pointer
  TFE_ContextAddFunction(context: Pointer, made: Pointer, status: Pointer): void
  TFE_ContextRemoveFunction(context: Pointer, name: string, status: Pointer): void
  TF_NewGraph(): Pointer
  TF_DeleteGraph(graph: Pointer): void
  TF_NewOperation(graph: Pointer, op: string, name: string): Pointer
  TF_AddInput(description: Pointer, input: Output): void
  TF_AddInputList(description: Pointer, inputs: Memory, count: number): void
  TF_SetAttrType(description: Pointer, name: string, value: number): void
  TF_SetAttrInt(description: Pointer, name: string, value: number): void
  TF_SetAttrFloat(description: Pointer, name: string, value: number): void
  TF_SetAttrBool(description: Pointer, name: string, value: number): void
  TF_SetAttrString(description: Pointer, name: string, value: Memory, bytes: number): void
  TF_SetAttrIntList(description: Pointer, name: string, values: Memory, count: number): void
  TF_SetAttrFloatList(description: Pointer, name: string, values: Memory, count: number): void
  TF_SetAttrBoolList(description: Pointer, name: string, values: Memory, count: number): void
  TF_SetAttrTypeList(description: Pointer, name: string, values: Memory, count: number): void
  TF_SetAttrShape(description: Pointer, name: string, dims: Memory, rank: number): void
  TF_SetAttrTensor(description: Pointer, name: string, tensor: Pointer, status: Pointer): void
  TF_FinishOperation(description: Pointer, status: Pointer): Pointer
  TF_OperationOutputType(output: Output): number
  TF_GraphGetTensorNumDims(graph: Pointer, output: Output, status: Pointer): number
  TF_GraphGetTensorShape(graph: Pointer, output: Output, dims: Memory, rank: number, status: Pointer): void
  TF_GraphToFunction(
    graph: Pointer,
    name: string,
    appendHash: number,
    operations: number,
    list: null,
    inputCount: number,
    inputs: Memory,
    outputCount: number,
    outputs: Memory,
    outputNames: null,
    options: null,
    description: null,
    status: Pointer,
  ): Pointer
  TF_DeleteFunction(made: Pointer): void
  TF_GraphCopyFunction(graph: Pointer, made: Pointer, gradient: null, status: Pointer): void
  TF_GraphSetTensorShape(graph: Pointer, output: Output, dims: Memory, rank: number, status: Pointer): void
  TF_SetAttrFuncName(description: Pointer, name: string, value: string, bytes: number): void
  /** Of the C library: copies between typed arrays and the library's memory. */
  memcpy(to: Memory, from: Memory, bytes: number): void
}

type Name = Exclude<keyof Library, 'memcpy'>

/** Result, then arguments. `memcpy`'s result is ignored, so it is declared without one. */
const signatures: Record<Name, [string, ...string[]]> = {
  TF_Version: ['const char *'],
  TF_NewStatus: ['void *'],
  TF_GetCode: ['int', 'void *'],
  TF_Message: ['const char *', 'void *'],
  TFE_NewContextOptions: ['void *'],
  TFE_ContextOptionsSetConfig: ['void', 'void *', 'void *', 'size_t', 'void *'],
  TFE_DeleteContextOptions: ['void', 'void *'],
  TFE_NewContext: ['void *', 'void *', 'void *'],
  TFE_ContextListDevices: ['void *', 'void *', 'void *'],
  TF_DeviceListCount: ['int', 'void *'],
  TF_DeviceListName: ['const char *', 'void *', 'int', 'void *'],
  TF_DeviceListType: ['const char *', 'void *', 'int', 'void *'],
  TF_DeleteDeviceList: ['void', 'void *'],
  TF_AllocateTensor: ['void *', 'int', 'void *', 'int', 'size_t'],
  TF_TensorData: ['void *', 'void *'],
  TF_TensorByteSize: ['size_t', 'void *'],
  TF_DeleteTensor: ['void', 'void *'],
  TFE_NewTensorHandle: ['void *', 'void *', 'void *'],
  TFE_DeleteTensorHandle: ['void', 'void *'],
  TFE_TensorHandleDataType: ['int', 'void *'],
  TFE_TensorHandleNumDims: ['int', 'void *', 'void *'],
  TFE_TensorHandleDim: ['int64_t', 'void *', 'int', 'void *'],
  TFE_TensorHandleResolve: ['void *', 'void *', 'void *'],
  TFE_TensorHandleCopyToDevice: ['void *', 'void *', 'void *', 'const char *', 'void *'],
  TFE_NewOp: ['void *', 'void *', 'const char *', 'void *'],
  TFE_OpReset: ['void', 'void *', 'const char *', 'void *', 'void *'],
  TFE_OpAddInput: ['void', 'void *', 'void *', 'void *'],
  TFE_OpSetAttrType: ['void', 'void *', 'void *', 'int'],
  TFE_OpSetAttrInt: ['void', 'void *', 'void *', 'int64_t'],
  TFE_OpSetAttrFloat: ['void', 'void *', 'void *', 'float'],
  TFE_OpSetAttrBool: ['void', 'void *', 'void *', 'uchar'],
  TFE_OpSetAttrString: ['void', 'void *', 'void *', 'void *', 'size_t'],
  TFE_OpSetAttrIntList: ['void', 'void *', 'void *', 'void *', 'int'],
  TFE_OpSetAttrFloatList: ['void', 'void *', 'void *', 'void *', 'int'],
  TFE_OpSetAttrBoolList: ['void', 'void *', 'void *', 'void *', 'int'],
  TFE_OpSetAttrTypeList: ['void', 'void *', 'void *', 'void *', 'int'],
  TFE_OpSetAttrShape: ['void', 'void *', 'void *', 'void *', 'int', 'void *'],
  TFE_Execute: ['void', 'void *', 'void *', 'void *', 'void *'],
  TFE_TensorHandleCopySharingTensor: ['void *', 'void *', 'void *'],
  TFE_ContextAddFunction: ['void', 'void *', 'void *', 'void *'],
  TFE_ContextRemoveFunction: ['void', 'void *', 'const char *', 'void *'],
  TF_NewGraph: ['void *'],
  TF_DeleteGraph: ['void', 'void *'],
  TF_NewOperation: ['void *', 'void *', 'const char *', 'const char *'],
  TF_AddInput: ['void', 'void *', 'TF_Output'],
  TF_AddInputList: ['void', 'void *', 'void *', 'int'],
  TF_SetAttrType: ['void', 'void *', 'const char *', 'int'],
  TF_SetAttrInt: ['void', 'void *', 'const char *', 'int64_t'],
  TF_SetAttrFloat: ['void', 'void *', 'const char *', 'float'],
  TF_SetAttrBool: ['void', 'void *', 'const char *', 'uchar'],
  TF_SetAttrString: ['void', 'void *', 'const char *', 'void *', 'size_t'],
  TF_SetAttrIntList: ['void', 'void *', 'const char *', 'void *', 'int'],
  TF_SetAttrFloatList: ['void', 'void *', 'const char *', 'void *', 'int'],
  TF_SetAttrBoolList: ['void', 'void *', 'const char *', 'void *', 'int'],
  TF_SetAttrTypeList: ['void', 'void *', 'const char *', 'void *', 'int'],
  TF_SetAttrShape: ['void', 'void *', 'const char *', 'void *', 'int'],
  TF_SetAttrTensor: ['void', 'void *', 'const char *', 'void *', 'void *'],
  TF_FinishOperation: ['void *', 'void *', 'void *'],
  TF_OperationOutputType: ['int', 'TF_Output'],
  TF_GraphGetTensorNumDims: ['int', 'void *', 'TF_Output', 'void *'],
  TF_GraphGetTensorShape: ['void', 'void *', 'TF_Output', 'void *', 'int', 'void *'],
  TF_GraphToFunction: [
    'void *',
    ...['void *', 'const char *', 'uchar', 'int', 'void *', 'int', 'void *', 'int', 'void *', 'void *', 'void *', 'void *'],
    'void *',
  ],
  TF_DeleteFunction: ['void', 'void *'],
  TF_GraphCopyFunction: ['void', 'void *', 'void *', 'void *', 'void *'],
  TF_GraphSetTensorShape: ['void', 'void *', 'TF_Output', 'void *', 'int', 'void *'],
  TF_SetAttrFuncName: ['void', 'void *', 'const char *', 'const char *', 'size_t'],
}

/** File names of the two libraries on this platform: the second holds what the first needs. */
function libraryFiles(platform: NodeJS.Platform = process.platform): [main: string, framework: string] {
  return platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
}

/**
 * Loads the libraries in `folder`. Throws a plain `Error` when a file is missing or does not fit this system. The functions sit in
 * either library; all are looked up at once, so that a library of another version fails here and not in the middle of training.
 */
export function openLibrary(folder: string): Library {
  const files = libraryFiles()
  for (const file of files) if (!existsSync(join(folder, file))) throw new Error(`${file} is missing in ${folder}`)
  // Its notices about instruction sets go to stderr of whoever started us; warnings and errors stay. Read when it loads.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  // What others need comes first, so that the system finds it loaded whatever search path the wheel was built with. Wheels for
  // ARM bring an OpenMP of their own.
  const companions = readdirSync(folder).filter((file) => file.startsWith('libomp'))
  const libraries: LibraryHandle[] = [...companions, files[1], files[0]].map((file) => koffi.load(join(folder, file)))
  const [framework, main] = libraries.slice(-2) as [LibraryHandle, LibraryHandle]
  const find = (name: string, [result, ...args]: [string, ...string[]]): unknown => {
    try {
      return main.func(name, result, args)
    } catch {
      return framework.func(name, result, args)
    }
  }
  const library = Object.fromEntries(Object.entries(signatures).map(([name, signature]) => [name, find(name, signature)]))
  library.memcpy = koffi.load(null).func('memcpy', 'void', ['void *', 'void *', 'size_t'])
  return library as unknown as Library
}
