"""What `landmap survey` says, in both languages."""

from __future__ import annotations

from gis.model.layer import Text

READING = Text("Đọc và đối chiếu", "Reading and comparing")
EXPORTED = Text(
    "Đã xuất {parts} phần vào {folder} (dữ liệu lần cập nhật {number}, tình trạng tại {day}). Thư mục nói về từng công trình: "
    "chỉ dùng trong cơ quan.",
    "{parts} parts exported to {folder} (data of changeset {number}, as of {day}). The folder tells of single buildings: it is "
    "for the agency only.",
)
HEADS = (
    Text("Chỉ tiêu", "Aspect"),
    Text("Trong chỉ tiêu", "Within"),
    Text("Vượt chỉ tiêu hiện hành", "Exceeds limits of today"),
    Text("Chưa có dữ liệu", "No data"),
)
ASPECTS = {
    "density": Text("mật độ xây dựng", "density"),
    "far": Text("hệ số sử dụng đất", "floor area ratio"),
    "storeys": Text("tầng cao", "storeys"),
    "height": Text("chiều cao", "height"),
    "road-line": Text("lộ giới", "road line"),
}
NO_BUILDINGS = Text("Không có công trình nào.", "There are no buildings.")
WRITTEN = Text(
    "Đã ghi {buildings} công trình, {findings} kết quả vào {folder}, chỉ dùng trong cơ quan.",
    "{buildings} buildings and {findings} findings written to {folder}, for the agency only.",
)
PUBLISHABLE = Text(
    "Đã ghi số liệu của {wards} phường, xã vào {folder}; có thể công bố: số nhỏ đã được ẩn.",
    "Figures of {wards} wards written to {folder}; they may be published: small numbers are left out.",
)
RESTS = Text(
    "Dữ liệu: lần cập nhật {number}; quy tắc: {rules}; kết quả: {hash}",
    "Data: changeset {number}; rules: {rules}; result: {hash}",
)
FIXED = Text(
    "Thư mục --from đã cố định ngày, dữ liệu và phường, xã; hãy bỏ {options}, hoặc xuất lại thư mục.",
    "The folder of --from fixes the day, the data and the wards; leave {options} out, or export it again.",
)
NO_DASK = Text(
    "--scheduler cần Dask, chưa được cài; hãy cài bằng: pip install 'landmap[cluster]'",
    "--scheduler needs Dask, which is not installed; install it with: pip install 'landmap[cluster]'",
)
CODES = Text(
    "--wards {codes}: hãy ghi mã 5 chữ số, cách nhau bằng dấu phẩy.",
    "--wards {codes}: write codes of 5 digits, joined by commas.",
)

HELP = (
    Text(
        "chỉ những gì ai cũng được xem: số liệu theo phường, xã, không có số nhỏ",
        "only what everybody may see: figures of wards, none of them small",
    ),
    Text(
        "Rà soát mọi công trình theo chỉ tiêu của quy hoạch, tại máy này hoặc trên một cụm Dask.",
        "Hold all buildings against the limits of the plans, here or over a Dask cluster.",
    ),
    Text(
        "Ghi mọi dữ liệu mà việc rà soát cần ra GeoParquet: công trình, thửa đất, ô quy hoạch, đường, bộ quy tắc.",
        "Write all that a survey needs as GeoParquet: buildings, parcels, zones, road lines, rules.",
    ),
    Text(
        "Mỗi phần có đủ những gì ở quanh các công trình của nó, nên có thể xét riêng. Mọi tệp có quyền 0600.",
        "Each part has the whole surroundings of its buildings, so that it can be judged alone. All files have mode 0600.",
    ),
    Text("thư mục mới, chỉ dùng trong cơ quan", "a new folder, for the agency only"),
    Text("tình trạng tại ngày này, dd/mm/yyyy; mặc định là bây giờ", "as of this day, dd/mm/yyyy; now if left out"),
    Text(
        "mã các phường, xã, cách nhau bằng dấu phẩy; mặc định là tất cả",
        "codes of wards, joined by commas; all if left out",
    ),
    Text("cạnh của các ô vuông (m), mỗi ô một phần", "side of the squares in metres, one part each"),
    Text(
        "Rà soát mọi công trình và ghi kết quả: công trình, từng chỉ tiêu và phường, xã ra GeoParquet.",
        "Survey all buildings and write what comes of it: buildings, findings and wards as GeoParquet.",
    ),
    Text(
        "Lệnh đọc cơ sở dữ liệu với quyền của chủ sở hữu: mọi tệp được ghi chỉ dùng trong cơ quan, trừ khi có --public. Kết quả "
        "như nhau từ cơ sở dữ liệu hay thư mục, tại máy này hay trên cụm, đến từng mã băm.",
        "The command line reads as the owner of the database: what it writes is for the agency only, unless it is --public. "
        "The result is the same from the database or a folder, here or over a cluster, down to its digest.",
    ),
    Text(
        "Máy xử lý cần gói phần mềm đúng bản này, không cần thư mục hay cơ sở dữ liệu. Dữ liệu gửi đi là của cơ quan: qua mạng "
        "ngoài hãy dùng tls://.",
        "Workers need the package of this version, and neither folder nor database. What goes to them is of the agency: across "
        "networks use tls://.",
    ),
    Text(
        "thư mục do `landmap survey export` tạo; mặc định là cơ sở dữ liệu",
        "a folder made by `landmap survey export`; the database if left out",
    ),
    Text(
        "bộ điều phối Dask, ví dụ tcp://10.0.0.5:8786; mặc định là máy này",
        "a Dask scheduler, such as tcp://10.0.0.5:8786; here if left out",
    ),
)
"""Its help, paragraph by paragraph."""
