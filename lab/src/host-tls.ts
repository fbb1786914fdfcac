/** A host's TLS: its certificates, and what its libvirt and QEMU are set to; put back at the end. */
import type { LabHost } from './host';
import { PKI_FOLDER, type Flaw, shellOf } from './pki';

/** libvirtd as the image's init starts it. A guest that runs goes on. */
const RESTART_LIBVIRTD = `
  kill $(pidof libvirtd)
  tries=0
  while pidof libvirtd >/dev/null; do
    [ $tries -lt 300 ] || { echo 'libvirtd does not end' >&2; exit 1; }
    sleep 0.1; tries=$((tries + 1))
  done
  /usr/sbin/libvirtd -d -l </dev/null >/dev/null 2>&1
  tries=0
  until virsh -q list >/dev/null 2>&1; do
    [ $tries -lt 300 ] || { echo 'libvirtd does not answer' >&2; exit 1; }
    sleep 0.2; tries=$((tries + 1))
  done`;

const KEPT = '/run/lab-before-tls';
const LIMIT_MS = 180_000;

export interface LibvirtTls {
  /** migrate_tls_force: nothing leaves or arrives unencrypted. */
  forced: boolean;
  /** Of libvirt's server certificate, which it is then started with. */
  flaw?: Flaw;
}

export class HostTls {
  constructor(readonly host: LabHost) {}

  /** Good certificates in all places, as docs/tls.md has it. */
  async place(): Promise<void> {
    await this.host.ssh(`cd ${PKI_FOLDER}\n${await shellOf('place')}\nplace ${this.host.name}`);
  }

  /** libvirt listens for TLS too. Without its look at its own certificate it can be started with an expired one. */
  async listen({ forced, flaw }: LibvirtTls): Promise<void> {
    if (flaw) await this.spoilLibvirt(flaw);
    await this.host.ssh(
      `[ -d ${KEPT} ] || { mkdir ${KEPT}; cp /etc/libvirt/libvirtd.conf /etc/libvirt/qemu.conf ${KEPT}; }
       cp ${KEPT}/* /etc/libvirt
       sed -i 's/^listen_tls.*/listen_tls = 1/' /etc/libvirt/libvirtd.conf
       echo tls_no_sanity_certificate = 1 >>/etc/libvirt/libvirtd.conf
       echo migrate_tls_force = ${forced ? 1 : 0} >>/etc/libvirt/qemu.conf
       ${RESTART_LIBVIRTD}`,
      LIMIT_MS,
    );
  }

  /** Of the certificate that guests' memory is received with. A foreign one comes with its authority, or QEMU itself objects. */
  async spoilQemu(flaw: Flaw): Promise<void> {
    const authority = flaw === 'foreign' ? 'foreign' : 'qemu';
    await this.host.ssh(
      `cd ${PKI_FOLDER}
       install -m 644 qemu-${this.host.name}-${flaw}.pem /etc/pki/qemu/server-cert.pem
       install -m 644 ${authority}-ca.pem /etc/pki/qemu/ca-cert.pem`,
    );
  }

  /** Of the certificate that libvirt shows to peers, from now on. It would not take an expired one: see `listen`. */
  async serveLibvirt(flaw?: Exclude<Flaw, 'expired'>): Promise<void> {
    if (flaw) await this.spoilLibvirt(flaw);
    else await this.place();
    await this.host.ssh('virt-admin -q server-update-tls libvirtd');
  }

  private async spoilLibvirt(flaw: Flaw): Promise<void> {
    const authority = flaw === 'foreign' ? 'foreign' : 'libvirt';
    await this.host.ssh(
      `cd ${PKI_FOLDER}
       install -m 644 libvirt-${this.host.name}-${flaw}.pem /etc/pki/libvirt/servercert.pem
       install -m 644 ${authority}-ca.pem /etc/pki/CA/cacert.pem`,
    );
  }

  /** As it booted. */
  async restore(): Promise<void> {
    await this.host.ssh(
      `rm -rf /etc/pki ${PKI_FOLDER}
       [ -d ${KEPT} ] || exit 0
       cp ${KEPT}/* /etc/libvirt; rm -r ${KEPT}
       ${RESTART_LIBVIRTD}`,
      LIMIT_MS,
    );
  }
}
