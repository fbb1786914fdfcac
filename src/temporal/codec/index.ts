/** The payload codec: off unless a file with keys is configured. */
export { AesGcmCodec, encryptedWith, encryptsWith } from './aes-gcm';
export { dataConverterWith } from './data-converter';
export { CODEC_KEYS_VARIABLE, CodecKeysError, PayloadUnreadable, unreadableIn } from './errors';
export { codecKeysFile, keyringOf, readKeyring } from './key-file';
export { type AddedKey, addKey } from './keygen';
export { type Keyring, NO_KEYS, checkOf } from './keyring';
