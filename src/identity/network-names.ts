import { createHmac } from 'node:crypto';

const BYTES = 16;

/**
 * Names networks for the store: whoever reads the table learns no address from it, and cannot try them all without the key.
 * Another SECRET_KEY forgets every network.
 */
export function createNetworkNames(secretKey: string): (network: string) => Uint8Array {
  const key = createHmac('sha256', secretKey).update('parley/login-networks/v1').digest();
  return (network) => createHmac('sha256', key).update(network).digest().subarray(0, BYTES);
}
