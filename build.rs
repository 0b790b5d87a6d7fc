//! The migrations are compiled into the binary; a new file among them has to cause a build.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
