import ArgumentParser
import Foundation

/// A failure in words for a person: what, where, and what to do.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ what: String) { description = what }
  init(_ what: String, _ cause: any Error) { description = "\(what): \(cause)" }
}

/// Runs a command's work; what goes wrong is said in one line, with exit status 2.
func exitingWithReason(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let code as ExitCode {
    throw code
  } catch let error as CleanExit {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    warn("\(error)")
    throw ExitCode(2)
  }
}

/// A line on standard error that begins with the program's name.
func warn(_ text: String) {
  FileHandle.standardError.write(Data("assize: \(text)\n".utf8))
}

/// A private directory that goes when the work is over.
struct TemporaryDirectory {
  let path: String

  init(_ name: String) throws {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CommandFailure(
        "cannot create a directory in \(base): \(String(cString: strerror(errno))); choose another "
          + "place with TMPDIR")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
