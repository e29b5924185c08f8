/** The few texts that stand outside of the page: menu and dialogs. */
const en = {
  file: 'File',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  view: 'View',
  reload: 'Reload',
  actualSize: 'Actual Size',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  fullScreen: 'Full Screen',
  window: 'Window',
  minimize: 'Minimize',
  close: 'Close Window',
  quit: 'Quit',
  about: 'About Latent Studio',
  help: 'Help',
  crashed: 'The window keeps closing by itself. Training goes on, and everything saved is safe.',
  hung: 'The window does not answer. Training goes on, and everything saved is safe.',
  wait: 'Wait',
  leave: 'Leave it',
  failed: 'Latent Studio could not start',
}
export type Words = typeof en

const zh: Words = {
  file: '文件',
  edit: '编辑',
  undo: '撤销',
  redo: '重做',
  cut: '剪切',
  copy: '复制',
  paste: '粘贴',
  selectAll: '全选',
  view: '显示',
  reload: '重新载入',
  actualSize: '实际大小',
  zoomIn: '放大',
  zoomOut: '缩小',
  fullScreen: '全屏',
  window: '窗口',
  minimize: '最小化',
  close: '关闭窗口',
  quit: '退出',
  about: '关于 Latent Studio',
  help: '帮助',
  crashed: '窗口一再自行关闭。训练仍在继续，已保存的内容都很安全。',
  hung: '窗口没有响应。训练仍在继续，已保存的内容都很安全。',
  wait: '等待',
  leave: '不管它',
  failed: 'Latent Studio 无法启动',
}

/** `locale`: what the person chose, else what the system says, such as `zh-Hans-CN`. */
export function wordsFor(locale: string): Words {
  return locale.toLowerCase().startsWith('zh') ? zh : en
}
