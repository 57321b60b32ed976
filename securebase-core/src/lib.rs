//! Plan and execute managed, compliant AWS landing zones.
