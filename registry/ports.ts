/**
 * What a registry needs of the world, as ports: files by path, and cryptography.
 *
 * A registry is files and nothing else, so a folder, a Git repository, any static host and
 * a `git bundle` serve the same bytes. The hosts of these ports are in `engine/host/registry/`.
 */

/** Reads the files of a registry. Paths are relative, with `/`. */
export interface RegistrySource {
  /** Where it is, for people. */
  readonly label: string
  /** Undefined for a path that has no file. Throws `REG_UNREACHABLE`. */
  read(path: string): Promise<Uint8Array | undefined>
}

/** A registry that can be written, which only its operator and a rebuild do. */
export interface RegistryFiles extends RegistrySource {
  write(path: string, bytes: Uint8Array): Promise<void>
  remove(path: string): Promise<void>
  /** Every path below a folder, sorted; none where the folder is not there. */
  list(folder: string): Promise<readonly string[]>
}

export interface Signed {
  /** 32 bytes of an Ed25519 public key. */
  readonly key: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

export interface Crypto {
  sha256(bytes: Uint8Array): Uint8Array
  sha512(bytes: Uint8Array): Uint8Array
  /** Ed25519 (RFC 8032). False for whatever does not verify, malformed keys among it. */
  verify(signed: Signed): boolean
  /** The same, perhaps on another thread. */
  verifyLater(signed: Signed): Promise<boolean>
}

/** A private Ed25519 key, wherever it lies. */
export interface Signer {
  /** 32 bytes. */
  readonly key: Uint8Array
  sign(message: Uint8Array): Uint8Array
}
