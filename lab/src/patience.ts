/** How much longer than usual the lab waits for everything, on a machine that does other work too. */
export const PATIENCE = Number(process.env.VGPU_FERRY_LAB_PATIENCE ?? 1);
