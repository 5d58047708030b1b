//! The attribute protocol between daemons, and a typed client for each internal service.
