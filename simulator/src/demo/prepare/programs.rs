//! Where the programs of the demo lie: beside this one, from the same build.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    #[error("cannot find out where this program lies")]
    Own(#[source] io::Error),
    #[error("there is no {program} in {}; `make demo` builds all that the demo needs and starts it", folder.display())]
    Missing { program: &'static str, folder: PathBuf },
}

#[derive(Clone, Debug)]
pub struct Programs {
    pub hub: PathBuf,
    pub edge: PathBuf,
    pub simulator: PathBuf,
}

impl Programs {
    pub fn find() -> Result<Self, ProgramsError> {
        let simulator = std::env::current_exe().map_err(ProgramsError::Own)?;
        let folder = simulator.parent().unwrap_or(Path::new("/"));
        Ok(Self {
            hub: beside(folder, "strongroom-hub")?,
            edge: beside(folder, "strongroom-edge")?,
            simulator: simulator.clone(),
        })
    }
}

fn beside(folder: &Path, program: &'static str) -> Result<PathBuf, ProgramsError> {
    let path = folder.join(program);
    if path.is_file() { Ok(path) } else { Err(ProgramsError::Missing { program, folder: folder.into() }) }
}
