/**
 * Every C function that is bound, word for word as libvirt's headers declare it, but for two marks of koffi's:
 * `_Out_`/`_Inout_` on what the call writes, and `OwnedString` for a `char *` that the caller frees (freed by the binding).
 */

/** From libvirt.so.0. */
export const LIBVIRT_DECLARATIONS = {
  // virterror.h
  virGetLastError: 'virErrorPtr virGetLastError(void)',
  virSetErrorFunc: 'void virSetErrorFunc(void *userData, virErrorFunc handler)',

  // libvirt-host.h
  virInitialize: 'int virInitialize(void)',
  virConnectOpen: 'virConnectPtr virConnectOpen(const char *name)',
  virConnectClose: 'int virConnectClose(virConnectPtr conn)',
  virConnectIsAlive: 'int virConnectIsAlive(virConnectPtr conn)',
  virConnectSetKeepAlive: 'int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count)',
  virConnectGetLibVersion: 'int virConnectGetLibVersion(virConnectPtr conn, _Out_ unsigned long *libVer)',
  virConnectGetVersion: 'int virConnectGetVersion(virConnectPtr conn, _Out_ unsigned long *hvVer)',

  // libvirt-event.h
  virEventRegisterDefaultImpl: 'int virEventRegisterDefaultImpl(void)',
  virEventRunDefaultImpl: 'int virEventRunDefaultImpl(void)',
  virEventAddTimeout:
    'int virEventAddTimeout(int frequency, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)',
  virEventRemoveTimeout: 'int virEventRemoveTimeout(int timer)',

  // libvirt-domain.h
  virConnectDomainEventRegisterAny:
    'int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID, virConnectDomainEventGenericCallback cb, void *opaque, virFreeCallback freecb)',
  virConnectDomainEventDeregisterAny:
    'int virConnectDomainEventDeregisterAny(virConnectPtr conn, int callbackID)',
  virConnectListAllDomains:
    'int virConnectListAllDomains(virConnectPtr conn, _Out_ virDomainPtr **domains, unsigned int flags)',
  virDomainLookupByUUIDString:
    'virDomainPtr virDomainLookupByUUIDString(virConnectPtr conn, const char *uuid)',
  virDomainFree: 'int virDomainFree(virDomainPtr domain)',
  virDomainGetName: 'const char * virDomainGetName(virDomainPtr domain)',
  virDomainGetUUIDString: 'int virDomainGetUUIDString(virDomainPtr domain, _Out_ char *buf)',
  virDomainIsActive: 'int virDomainIsActive(virDomainPtr dom)',
  virDomainIsPersistent: 'int virDomainIsPersistent(virDomainPtr dom)',
  virDomainGetAutostart: 'int virDomainGetAutostart(virDomainPtr domain, _Out_ int *autostart)',
  virDomainSetAutostart: 'int virDomainSetAutostart(virDomainPtr domain, int autostart)',
  virDomainGetState:
    'int virDomainGetState(virDomainPtr domain, _Out_ int *state, _Out_ int *reason, unsigned int flags)',
  virDomainGetXMLDesc: 'OwnedString virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)',
  virDomainResume: 'int virDomainResume(virDomainPtr domain)',
  virDomainDestroy: 'int virDomainDestroy(virDomainPtr domain)',
  virDomainUndefineFlags: 'int virDomainUndefineFlags(virDomainPtr domain, unsigned int flags)',
  virDomainGetJobStats:
    'int virDomainGetJobStats(virDomainPtr domain, _Out_ int *type, _Out_ virTypedParameterPtr *params, _Out_ int *nparams, unsigned int flags)',
  virDomainAbortJob: 'int virDomainAbortJob(virDomainPtr dom)',
  virDomainMigrateToURI3:
    'int virDomainMigrateToURI3(virDomainPtr domain, const char *dconnuri, virTypedParameterPtr params, unsigned int nparams, unsigned int flags)',
  virDomainMigrateSetMaxDowntime:
    'int virDomainMigrateSetMaxDowntime(virDomainPtr domain, unsigned long long downtime, unsigned int flags)',
  virDomainMigrateSetMaxSpeed:
    'int virDomainMigrateSetMaxSpeed(virDomainPtr domain, unsigned long bandwidth, unsigned int flags)',

  // libvirt-common.h
  virTypedParamsAddString:
    'int virTypedParamsAddString(_Inout_ virTypedParameterPtr *params, _Inout_ int *nparams, _Inout_ int *maxparams, const char *name, const char *value)',
  virTypedParamsAddULLong:
    'int virTypedParamsAddULLong(_Inout_ virTypedParameterPtr *params, _Inout_ int *nparams, _Inout_ int *maxparams, const char *name, unsigned long long value)',
  virTypedParamsGetInt:
    'int virTypedParamsGetInt(virTypedParameterPtr params, int nparams, const char *name, _Out_ int *value)',
  virTypedParamsGetULLong:
    'int virTypedParamsGetULLong(virTypedParameterPtr params, int nparams, const char *name, _Out_ unsigned long long *value)',
  virTypedParamsFree: 'void virTypedParamsFree(virTypedParameterPtr params, int nparams)',

  // libvirt-nodedev.h
  virConnectListAllNodeDevices:
    'int virConnectListAllNodeDevices(virConnectPtr conn, _Out_ virNodeDevicePtr **devices, unsigned int flags)',
  virNodeDeviceLookupByName:
    'virNodeDevicePtr virNodeDeviceLookupByName(virConnectPtr conn, const char *name)',
  virNodeDeviceFree: 'int virNodeDeviceFree(virNodeDevicePtr dev)',
  virNodeDeviceGetName: 'const char * virNodeDeviceGetName(virNodeDevicePtr dev)',
  virNodeDeviceGetXMLDesc: 'OwnedString virNodeDeviceGetXMLDesc(virNodeDevicePtr dev, unsigned int flags)',
  virNodeDeviceIsActive: 'int virNodeDeviceIsActive(virNodeDevicePtr dev)',
  virNodeDeviceIsPersistent: 'int virNodeDeviceIsPersistent(virNodeDevicePtr dev)',
  virNodeDeviceGetAutostart: 'int virNodeDeviceGetAutostart(virNodeDevicePtr dev, _Out_ int *autostart)',
  virNodeDeviceSetAutostart: 'int virNodeDeviceSetAutostart(virNodeDevicePtr dev, int autostart)',
  virNodeDeviceCreateXML:
    'virNodeDevicePtr virNodeDeviceCreateXML(virConnectPtr conn, const char *xmlDesc, unsigned int flags)',
  virNodeDeviceDefineXML:
    'virNodeDevicePtr virNodeDeviceDefineXML(virConnectPtr conn, const char *xmlDesc, unsigned int flags)',
  virNodeDeviceCreate: 'int virNodeDeviceCreate(virNodeDevicePtr dev, unsigned int flags)',
  virNodeDeviceDestroy: 'int virNodeDeviceDestroy(virNodeDevicePtr dev)',
  virNodeDeviceUndefine: 'int virNodeDeviceUndefine(virNodeDevicePtr dev, unsigned int flags)',
} as const;

/** From libvirt-qemu.so.0, which comes with the other. */
export const LIBVIRT_QEMU_DECLARATIONS = {
  // libvirt-qemu.h
  virDomainQemuMonitorCommand:
    'int virDomainQemuMonitorCommand(virDomainPtr domain, const char *cmd, _Out_ OwnedString *result, unsigned int flags)',
} as const;

/** What libvirt calls for a domain's lifecycle event (libvirt-domain.h). */
export const LIFECYCLE_CALLBACK =
  'int virConnectDomainEventCallback(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)';

/** From libc: frees the arrays that libvirt's list calls hand out. */
export const LIBC_DECLARATIONS = {
  free: 'void free(void *ptr)',
} as const;

/** The head of `struct _virError` in virterror.h; what comes after it is not read. */
export const VIR_ERROR_MEMBERS = { code: 'int', domain: 'int', message: 'char *' } as const;

/** libvirt's pointers to things that we never look into. */
export const OPAQUE_POINTERS = [
  'virConnectPtr',
  'virDomainPtr',
  'virNodeDevicePtr',
  'virTypedParameterPtr',
  'virErrorPtr',
  'virErrorFunc',
  'virEventTimeoutCallback',
  'virFreeCallback',
  'virConnectDomainEventGenericCallback',
] as const;
