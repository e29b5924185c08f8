/** Where engines come from on each platform: published Python wheels, of which only the libraries and their licences are used. */
import { cuda } from './cuda'
import type { Package } from './package'

const version = '2.20.0'

const linux = {
  'tensorflow/libtensorflow_cc.so.2': 'libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2': 'libtensorflow_framework.so.2',
  'tensorflow/THIRD_PARTY_NOTICES.txt': 'THIRD_PARTY_NOTICES.txt',
}
const x64 = ['manylinux_2_17_x86_64', 'manylinux2014_x86_64']

const tensorflow = (wheels: Package['wheels']): Package => ({ id: 'tensorflow', version, wheels })

/**
 * By `process.platform`-`process.arch`, then by engine. The wheels for Windows need Python's own library, those for Intel Macs ended
 * with 2.16; NVIDIA's libraries are published for Linux.
 */
export const packages: Readonly<Record<string, readonly Package[]>> = {
  'linux-x64': [
    {
      id: 'tensorflow-gpu',
      version,
      wheels: [
        {
          package: 'tensorflow',
          version,
          platforms: x64,
          bytes: 620_570_129,
          sha256: '481499fd0f824583de8945be61d5e827898cdaa4f5ea1bc2cc28ca2ccff8229e',
          files: linux,
          unpackedBytes: 1_273_395_042,
        },
        ...cuda,
      ],
    },
    tensorflow([
      {
        package: 'tensorflow-cpu',
        version,
        platforms: x64,
        bytes: 258_876_263,
        sha256: 'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
        files: linux,
        unpackedBytes: 779_952_290,
      },
    ]),
  ],
  'linux-arm64': [
    tensorflow([
      {
        package: 'tensorflow',
        version,
        platforms: ['manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
        bytes: 259_465_882,
        sha256: '3e9568c8efcb05c0266be223e3269c62ebf7ad3498f156438311735f6fa5ced5',
        files: { ...linux, 'tensorflow.libs/libomp-f1025659.so.5': 'libomp-f1025659.so.5' },
        unpackedBytes: 935_486_044,
      },
    ]),
  ],
  'darwin-arm64': [
    tensorflow([
      {
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
        unpackedBytes: 703_836_038,
      },
    ]),
  ],
}
