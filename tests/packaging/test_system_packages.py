"""README's lists of system packages, which CI and the bare machine install."""

import pytest

from netbuilder.cli.app import missing_library_error


def test_readme_lists_what_the_program_and_the_extras_need(packaging):
    read = packaging("system_packages").system_packages
    plain, extras = read("plain"), read("extras")
    assert {"python3-venv", "libglib2.0-0", "libxcb-cursor0"} <= set(plain)
    assert "libpulse0" in extras
    assert not set(plain) & set(extras)


@pytest.mark.parametrize("library", ["libEGL.so.1", "libglib-2.0.so.0", "libxcb-icccm.so.4"])
def test_the_package_that_an_error_names_stands_in_readme(packaging, library):
    error = missing_library_error(f"{library}: cannot open shared object file: No such file")
    package = error.fix.split("apt install ")[1].split()[0]
    assert package in packaging("system_packages").system_packages("plain")


def test_a_list_that_is_missing_is_an_error(packaging):
    module = packaging("system_packages")
    text = "sudo apt install a \\\n  b\n\nsudo apt install c\n"
    assert module.system_packages("plain", text) == ["a", "b"]
    assert module.system_packages("extras", text) == ["c"]
    with pytest.raises(ValueError, match="1 lines"):
        module.system_packages("plain", "sudo apt install a\n")
