/** A worker that forgot to serve anything. */
export {}
