/** The version of the protocol that this package speaks. It is sent in every `connected` event; a client refuses another one. */
export const PROTOCOL_VERSION = 1

/** The version of the shape of a `Result`, sent inside it. It grows when a stored result would be read wrongly by newer code. */
export const RESULT_SCHEMA_VERSION = 1
