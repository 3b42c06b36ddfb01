//! Tells the linker what an addon needs, and makes the folder for its declarations; without the binding there is neither.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    if env::var_os("CARGO_FEATURE_NODE").is_some() {
        napi_build::setup();
        // napi-derive writes there what each exported item looks like from JavaScript.
        if let Some(folder) = env::var_os("NAPI_TYPE_DEF_TMP_FOLDER") {
            fs::create_dir_all(folder)?;
        }
    }
    Ok(())
}
