/** Pure: facts of a host → the checks that failed there before anything moved. */
export { destinationChecks, type DestinationCheckFacts, type TypeShortage } from './destination';
export { libvirtAddress, type LibvirtAddress } from './libvirt-uri';
export { connectionChecks, encryptionChecks, type PeerSettings } from './peer';
export { type RightsFault, rightsFault } from './rights-fault';
export { sourceChecks, type SourceCheckFacts } from './source';
export { type Ends, type TlsFault, tlsFault } from './tls-fault';
export { formatVersion, isKernelSince, versionChecks } from './versions';
export { protocolChecks } from './protocol';
