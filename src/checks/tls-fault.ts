/** A TLS fault in libvirt's or QEMU's words, in ours: on which host, with which file, and what to do. Pure. */
