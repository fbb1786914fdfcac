/** The refusal of a domain's XML. Its text never quotes the XML, which may hold passwords. */
export class DomainXmlError extends Error {
  override readonly name = 'DomainXmlError';
}
