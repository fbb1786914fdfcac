/** Why a TLS connection to Temporal failed, from the code that Node gives it, in words and with what to do. Pure. */

export interface Reason {
  found: string;
  fix: string;
}

/** What this side showed, or would have shown, the server. */
export interface Shown {
  /** Subject and issuer, for people; null: no client certificate. */
  certificate: { name: string; issuer: string } | null;
}

const NAME_THE_CERTIFICATE = 'Set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, both.';
const NAME_THE_AUTHORITY =
  "Set TEMPORAL_TLS_SERVER_CA_CERT_PATH to its authority's certificate (PEM); see that no other server answers at this address.";

const UNTRUSTED: Reason = {
  found: "nobody that is trusted here has issued the server's certificate",
  fix: NAME_THE_AUTHORITY,
};

/** Of the server's certificate, as we see it. */
const THEIRS: Partial<Record<string, Reason>> = {
  CERT_HAS_EXPIRED: {
    found: "the server's certificate has expired",
    fix: "Renew it on the server. If it is valid, this machine's clock is wrong.",
  },
  CERT_NOT_YET_VALID: {
    found: "the server's certificate is not valid yet",
    fix: 'Set the clocks of both machines.',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  ERR_SSL_WRONG_VERSION_NUMBER: {
    found: 'what answers there does not speak TLS',
    fix: 'Use the port that does, or, if the server has no TLS, set TEMPORAL_TLS=false.',
  },
};

const REFUSED: Reason = {
  found: 'the server refuses the client certificate',
  fix: 'Use one that it takes; its log says what is wrong with this one.',
};

/** Of our certificate, as the server says in its alert. */
const OURS: Partial<Record<string, Reason>> = {
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: {
    found: 'the server does not know who has issued the client certificate',
    fix: "Use one of an authority that the server trusts, or add this one's to the server's.",
  },
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: {
    found: 'the server says that the client certificate has expired',
    fix: 'Renew it. If it is valid, one of the clocks is wrong.',
  },
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: REFUSED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: REFUSED,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: REFUSED,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: REFUSED,
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: REFUSED,
};

/** How a server without a certificate from us says so, by TLS 1.3 and by 1.2; the latter can mean more. */
const WANTED: Partial<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server wants a client certificate, and got none',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the server refused the handshake; it may want a client certificate',
};

/** The codes of Node 20 (OpenSSL 3) against OpenSSL's and Node's own servers. */
export function tlsReason(
  { code = '', reason, message }: { code?: string; reason?: string; message: string },
  { certificate }: Shown,
): Reason | null {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      found: `the server's certificate is for other names: ${reason ?? message}`,
      fix: 'Use one of its names in TEMPORAL_ADDRESS, or say which one to expect: TEMPORAL_TLS_SERVER_NAME.',
    };
  if (certificate === null) {
    const found = WANTED[code];
    return found === undefined ? (THEIRS[code] ?? null) : { found, fix: NAME_THE_CERTIFICATE };
  }
  const ours = OURS[code];
  const named = ` (${certificate.name}, issued by ${certificate.issuer})`;
  return ours ? { ...ours, found: ours.found + named } : (THEIRS[code] ?? null);
}

/** The server has let us shake hands, and then hung up without a word. */
export function hungUp({ certificate }: Shown): Reason {
  return certificate === null
    ? {
        found: 'the server closed the connection; it may want a client certificate',
        fix: NAME_THE_CERTIFICATE,
      }
    : {
        found: `the server closed the connection after it had seen the client certificate (${certificate.name}, issued by ${certificate.issuer})`,
        fix: 'Use one of an authority that the server trusts, and that is valid now; its log says what is wrong with this one.',
      };
}
