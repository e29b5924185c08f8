/** Largest file that a browser may hand to the web host, bytes. Both ends know it: a host that refuses early is not always heard. */
export const MAX_UPLOAD = 2 * 2 ** 30
export const MAX_UPLOAD_WORDS = '2 GiB'
