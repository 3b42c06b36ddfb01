//! Tells the linker what an addon needs; without the binding there is nothing to tell.

fn main() {
    if std::env::var_os("CARGO_FEATURE_NODE").is_some() {
        napi_build::setup();
    }
}
