//! A change of judge: the study of a bridge, its file, and `parabench judge-bridge` as a program.

mod across;
mod command;
mod file;
mod study;
