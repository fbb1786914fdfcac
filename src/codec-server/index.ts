/** The codec server. */
export { type CodecServer, startCodecServer } from './server';
export { type CodecServerOptions, CodecServerSettingsError, codecServerSettings } from './settings';
