//! What all routers have in common: errors, keys, CORS, headers.
