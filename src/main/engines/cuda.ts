/**
 * NVIDIA's libraries for the wheel `tensorflow` 2.20.0: the packages that its metadata names for the extra `and-cuda`, each at the
 * lowest version named there: what the wheel was built against (`build_info.py`: CUDA 12.5.1). Left out of them: drop-in BLAS and
 * FFTW, the solver for several GPUs, the profiler's helpers, the compiler's front end.
 */
import type { Wheel } from './package'

/** `lib` of a package, into the engine's folder itself: one folder for the loader to search. */
const wheel = (
  name: string,
  version: string,
  [bytes, unpackedBytes]: readonly [number, number],
  sha256: string,
  files: Record<string, string>,
): Wheel => ({
  package: `nvidia-${name}-cu12`,
  version,
  platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
  bytes,
  sha256,
  files: { ...files, [`nvidia_${name.replaceAll('-', '_')}_cu12-${version}.dist-info/License.txt`]: `licences/${name}.txt` },
  unpackedBytes,
})

const libraries = (name: string, ...files: string[]): Record<string, string> =>
  Object.fromEntries(files.map((file) => [`nvidia/${name.replaceAll('-', '_')}/lib/${file}`, file]))

export const cuda: readonly Wheel[] = [
  wheel(
    'cublas',
    '12.5.3.2',
    [363_313_169, 551_008_270],
    'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
    libraries('cublas', 'libcublas.so.12', 'libcublasLt.so.12'),
  ),
  wheel(
    'cuda-cupti',
    '12.5.82',
    [13_811_507, 7_866_406],
    'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
    libraries('cuda-cupti', 'libcupti.so.12'),
  ),
  // XLA's last step: the assembler, and the mathematics it links.
  wheel('cuda-nvcc', '12.5.82', [22_468_537, 31_467_618], 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0', {
    'nvidia/cuda_nvcc/bin/ptxas': 'cuda/bin/ptxas',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc': 'cuda/nvvm/libdevice/libdevice.10.bc',
  }),
  wheel(
    'cuda-nvrtc',
    '12.5.82',
    [24_873_108, 68_302_926],
    '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
    libraries('cuda-nvrtc', 'libnvrtc-builtins.so.12.5', 'libnvrtc.so.12'),
  ),
  wheel(
    'cuda-runtime',
    '12.5.82',
    [895_707, 771_294],
    '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
    libraries('cuda-runtime', 'libcudart.so.12'),
  ),
  wheel(
    'cudnn',
    '9.3.0.75',
    [577_163_502, 885_357_134],
    '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
    libraries(
      'cudnn',
      'libcudnn.so.9',
      'libcudnn_adv.so.9',
      'libcudnn_cnn.so.9',
      'libcudnn_engines_precompiled.so.9',
      'libcudnn_engines_runtime_compiled.so.9',
      'libcudnn_graph.so.9',
      'libcudnn_heuristic.so.9',
      'libcudnn_ops.so.9',
    ),
  ),
  wheel(
    'cufft',
    '11.2.3.61',
    [192_524_114, 276_887_038],
    '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
    libraries('cufft', 'libcufft.so.11'),
  ),
  wheel(
    'curand',
    '10.3.6.82',
    [56_309_107, 96_589_102],
    '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536',
    libraries('curand', 'libcurand.so.10'),
  ),
  wheel(
    'cusolver',
    '11.6.3.83',
    [130_341_232, 128_012_742],
    '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
    libraries('cusolver', 'libcusolver.so.11'),
  ),
  wheel(
    'cusparse',
    '12.5.1.3',
    [217_558_979, 295_774_806],
    '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
    libraries('cusparse', 'libcusparse.so.12'),
  ),
  wheel(
    'nccl',
    '2.25.1',
    [201_352_353, 271_888_999],
    '362aed5963fb9ea2ed2f264409baae30143498fd0e5c503aeaa1badd88cdc54a',
    libraries('nccl', 'libnccl.so.2'),
  ),
  wheel(
    'nvjitlink',
    '12.5.82',
    [21_298_879, 54_619_918],
    'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
    libraries('nvjitlink', 'libnvJitLink.so.12'),
  ),
]
