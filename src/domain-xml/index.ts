/** Pure: which mediated devices a guest uses, and the XML that its target needs. */
export { domainDigest } from './digest';
export { DomainXmlError } from './error';
export { readMdevs } from './mdevs';
export { rewriteMdevs, type MdevMapping } from './rewrite';
export { mdevDifference, type MdevDifference } from './same-mdevs';
