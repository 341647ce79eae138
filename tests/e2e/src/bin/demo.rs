//! Walks through the wizard on practice Azure and leaves one picture a step.
//!
//! `demo --app PATH --out DIR`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use e2e::Road;

fn main() -> ExitCode {
    match read_arguments() {
        Ok((app, folder)) => match walk(&app, &folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("a picture could not be kept: {error}")),
        },
        Err(reason) => fail(&reason),
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("demo: {reason}");
    ExitCode::FAILURE
}

fn read_arguments() -> Result<(PathBuf, PathBuf), String> {
    let (mut app, mut folder) = (None, None);
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let slot = match name.as_str() {
            "--app" => &mut app,
            "--out" => &mut folder,
            _ => {
                return Err(format!("{name} is not known; usage: demo --app PATH --out DIR"));
            }
        };
        *slot = arguments.next().map(PathBuf::from);
    }
    app.zip(folder).ok_or_else(|| "usage: demo --app PATH --out DIR".to_owned())
}

#[tokio::main]
async fn walk(app: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let road = Road::begin_with(app).await;
    let keep = async |name: &str| keep_picture(&road, &folder.join(name)).await;
    keep("1-sign-in.png").await?;
    road.sign_in().await;
    road.choose_resource().await;
    keep("2-choose-a-resource.png").await?;
    road.check_access().await;
    keep("3-get-access.png").await?;
    road.get_access().await;
    keep("4-connect-a-project.png").await?;
    road.write_env().await;
    road.test_connection().await;
    keep("5-test-connection.png").await
}

async fn keep_picture(road: &Road, file: &Path) -> io::Result<()> {
    fs::write(file, road.wizard.picture().await)?;
    println!("{}", file.display());
    Ok(())
}
