/** Where TensorFlow's library comes from on each platform: its official Python wheels, of which only the libraries are used. */

export interface Wheel {
  /** Of the wheel's index, as pip knows it. */
  package: string
  version: string
  platforms: string[]
  bytes: number
  /** Of the whole file, hex. The files inside are checked against the wheel's own list (`RECORD`). */
  sha256: string
  /** Path in the wheel → name in the engine's folder. */
  files: Record<string, string>
}

export const version = '2.20.0'

const linux = {
  'tensorflow/libtensorflow_cc.so.2': 'libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2': 'libtensorflow_framework.so.2',
  'tensorflow/THIRD_PARTY_NOTICES.txt': 'THIRD_PARTY_NOTICES.txt',
}

/** By `process.platform`-`process.arch`. The wheels for Windows need Python's own library, those for Intel Macs ended with 2.16. */
export const wheels: Partial<Record<string, Wheel>> = {
  'linux-x64': {
    package: 'tensorflow-cpu',
    version,
    platforms: ['manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
    bytes: 258_876_263,
    sha256: 'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
    files: linux,
  },
  'linux-arm64': {
    package: 'tensorflow',
    version,
    platforms: ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
    bytes: 259_465_882,
    sha256: '3e9568c8efcb05c0266be223e3269c62ebf7ad3498f156438311735f6fa5ced5',
    files: { ...linux, 'tensorflow.libs/libomp-f1025659.so.5': 'libomp-f1025659.so.5' },
  },
  'darwin-arm64': {
    package: 'tensorflow',
    version,
    platforms: ['macosx_12_0_arm64'],
    bytes: 200_507_363,
    sha256: '5f964016c5035d09b85a246a6b739be89282a7839743f3ea63640224f0c63aee',
    files: {
      'tensorflow/libtensorflow_cc.2.dylib': 'libtensorflow_cc.2.dylib',
      'tensorflow/libtensorflow_framework.2.dylib': 'libtensorflow_framework.2.dylib',
      'tensorflow/THIRD_PARTY_NOTICES.txt': 'THIRD_PARTY_NOTICES.txt',
    },
  },
}
