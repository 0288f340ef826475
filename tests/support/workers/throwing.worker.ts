/** A worker that throws before it is ready. */
throw new Error("the tables of spells are missing")
