//! Nothing: the examples beside this file are the point of the package.
