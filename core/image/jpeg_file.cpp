#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include <jpeglib.h>

#include <jerror.h>

#include "core/base/Error.h"
#include "core/image/ImageFile.h"
#include "core/image/formats.h"

namespace phloxine {

namespace {

// libjpeg reports through callbacks that must not return. longjmp may not pass a destructor, so the functions that call setjmp own
// nothing: their caller does.
struct ErrorTrap {
    jpeg_error_mgr manager = {};
    std::jmp_buf jump = {};
    char message[JMSG_LENGTH_MAX] = {};
    bool cutOff = false;
};

ErrorTrap& trapOf(j_common_ptr info) { return *reinterpret_cast<ErrorTrap*>(info->err); }

void onError(j_common_ptr info) {
    info->err->format_message(info, trapOf(info).message);
    std::longjmp(trapOf(info).jump, 1);
}

void onMessage(j_common_ptr info, int level) {
    if (level >= 0) return;
    const int code = info->err->msg_code;
    if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER) trapOf(info).cutOff = true; // libjpeg would go on with grey
}

void setTrap(ErrorTrap& trap) {
    jpeg_std_error(&trap.manager);
    trap.manager.error_exit = onError;
    trap.manager.emit_message = onMessage;
}

struct Decoder {
    jpeg_decompress_struct info = {};
    ErrorTrap trap;
    Decoder() {
        info.err = &trap.manager;
        setTrap(trap);
    }
    ~Decoder() { jpeg_destroy_decompress(&info); }
};

bool readHeader(Decoder& d, std::string_view bytes) {
    if (setjmp(d.trap.jump)) return false;
    jpeg_create_decompress(&d.info);
    d.info.mem->max_memory_to_use = 1L << 30;
    jpeg_mem_src(&d.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    jpeg_read_header(&d.info, TRUE);
    return true;
}

bool readPixels(Decoder& d, std::uint8_t* rgb) {
    if (setjmp(d.trap.jump)) return false;
    d.info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&d.info);
    while (d.info.output_scanline < d.info.output_height) {
        JSAMPROW row = rgb + std::size_t(d.info.output_scanline) * d.info.output_width * 3;
        jpeg_read_scanlines(&d.info, &row, 1);
    }
    jpeg_finish_decompress(&d.info);
    return true;
}

struct Encoder {
    jpeg_compress_struct info = {};
    ErrorTrap trap;
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    Encoder() {
        info.err = &trap.manager;
        setTrap(trap);
    }
    ~Encoder() {
        jpeg_destroy_compress(&info);
        std::free(buffer);
    }
};

bool writePixels(Encoder& e, const Image& image, int quality) {
    if (setjmp(e.trap.jump)) return false;
    jpeg_create_compress(&e.info);
    jpeg_mem_dest(&e.info, &e.buffer, &e.size);
    e.info.image_width = JDIMENSION(image.width);
    e.info.image_height = JDIMENSION(image.height);
    e.info.input_components = 3;
    e.info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&e.info);
    jpeg_set_quality(&e.info, quality, TRUE);
    for (int c = 0; c < 3; ++c) e.info.comp_info[c].h_samp_factor = e.info.comp_info[c].v_samp_factor = 1; // 4:4:4
    jpeg_start_compress(&e.info, TRUE);
    while (e.info.next_scanline < e.info.image_height) {
        JSAMPROW row = const_cast<std::uint8_t*>(image.pixel(0, int(e.info.next_scanline)));
        jpeg_write_scanlines(&e.info, &row, 1);
    }
    jpeg_finish_compress(&e.info);
    return true;
}

} // namespace

Image decodeJpeg(std::string_view bytes, const std::string& name) {
    Decoder decoder;
    const auto corrupt = [&] {
        return Error(ErrorCode::Corrupt, name + " is not a usable JPEG (" + decoder.trap.message + ").", decoder.trap.message);
    };
    if (!readHeader(decoder, bytes)) throw corrupt();
    requireImageSize(decoder.info.image_width, decoder.info.image_height, name);
    if (decoder.info.jpeg_color_space == JCS_CMYK || decoder.info.jpeg_color_space == JCS_YCCK)
        throw Error(ErrorCode::Unsupported, name + " has printing colours (CMYK). Convert it to RGB.");
    Image image(int(decoder.info.image_width), int(decoder.info.image_height));
    if (!readPixels(decoder, image.rgb.data())) throw corrupt();
    if (decoder.trap.cutOff) throw Error(ErrorCode::Truncated, name + " is cut off: the end of the JPEG is missing. Copy the file again.");
    return image;
}

std::string encodeJpeg(const Image& image, int quality) {
    if (image.empty() || image.width > 65500 || image.height > 65500)
        throw Error(ErrorCode::WrongUse, "A JPEG must have 1 to 65500 pixels a side.");
    Encoder encoder;
    if (!writePixels(encoder, image, quality))
        throw Error(ErrorCode::Internal, "The picture could not be written as JPEG.", encoder.trap.message);
    return {reinterpret_cast<const char*>(encoder.buffer), encoder.size};
}

} // namespace phloxine
